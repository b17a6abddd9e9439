package import Rollouts

// How slices of the requests are told to people. The name of one is a client's text, of characters that cannot
// leave the quotes around it.

extension SlicesReport {
  /// "x-tenant "acme": errors 31% …", of the worst slice.
  package var summary: String {
    guard let worst = slices.first else { return "no slice of the requests was seen yet" }
    return worst.summary(by: asked.by)
  }
}

extension SliceReport {
  /// What speaks most clearly against the candidate in this slice.
  func summary(by key: SliceKey) -> String {
    let failed = checks.filter { $0.verdict == .fail }
    let worst = (failed.isEmpty ? checks : failed).max { $0.logE.total < $1.logE.total }
    return "\(key.words(of: name)): \(worst?.summary ?? "nothing is promised")"
  }
}

extension Reason.SliceBreach {
  /// "x-tenant "acme": errors 31%".
  var brief: String { "\(by.words(of: name)): \(objective.label) \(share.short)" }

  /// The slice that fails, and what all requests together say.
  func sentence(about decision: some Explained) -> String {
    let all = decision.checks.first { $0.objective == objective }
    let average = all.map { "; of all requests \($0.brief)" } ?? ""
    let more = others == 0 ? "" : "; \(others) more slice\(others == 1 ? " fails" : "s fail")"
    return (decision.slices?.summary ?? brief) + average + more
  }
}

extension SliceKey {
  /// "x-tenant", "cookie plan".
  package var words: String {
    switch self {
    case .header(let header): header
    case .cookie(let cookie): "cookie \(cookie)"
    case .json(let path): "field \(path.joined(separator: "."))"
    case .input(let input): "input \(input)"
    }
  }

  /// "x-tenant "acme"", "cookie plan, other values".
  fileprivate func words(of name: String?) -> String {
    let place = words
    return name.map { "\(place) \"\($0)\"" } ?? "\(place), all other values"
  }
}
