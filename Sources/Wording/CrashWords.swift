package import Rollouts

// How a crash is told to people.

extension Crash {
  /// "the model server was killed (signal 9, out of memory?) 3 times: "loading the weights"".
  ///
  /// Its last words are cut, so that what was counted fits into the same reason.
  package var summary: String { summary(words: 60) }

  /// The crash with so many characters of its server's last words.
  package func summary(words limit: Int) -> String {
    let times = count == 1 ? "" : " \(count) times"
    return "the model server \(how)\(times)\(words(limit))"
  }

  private var how: String {
    let memory = isOutOfMemory ? ", out of memory?" : ""
    return switch (exitCode, signal) {
    case (nil, nil): "ended"
    case (nil, let signal?): "was killed (signal \(signal)\(memory))"
    case (let code?, nil): "ended (exit code \(code))"
    case (let code?, let signal?): "ended (exit code \(code), as after signal \(signal)\(memory))"
    }
  }

  private func words(_ limit: Int) -> String {
    guard let detail, !detail.isEmpty else { return "" }
    let short = detail.unicodeScalars.prefix(limit)
    return ": \"\(String(short))\(short.count < detail.unicodeScalars.count ? "…" : "")\""
  }
}

extension ErrorSample {
  /// "500: {"error": "CUDA out of memory"}".
  package var summary: String { body.isEmpty ? "\(status)" : "\(status): \(body)" }
}

extension Remark {
  /// The remark about the revision that was decided about.
  package var summary: String {
    switch self {
    case .digestOfStable: "it has the digest of stable: the same model under another name"
    }
  }
}
