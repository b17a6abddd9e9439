/// A commit object taken apart: exactly the headers that the controller writes, in their order.
///
///     tree 2f…
///     parent 91…
///     author Serin <serin@example.org> 1790244000 +0000
///     committer Serin <serin@example.org> 1790244000 +0000
///     gpgsig -----BEGIN SSH SIGNATURE-----
///      U1NIU0lHAAAA…
///      -----END SSH SIGNATURE-----
///
///     admit payments/fraud v1 …
struct CommitObject: Equatable {
  let parents: [String]
  let author: String
  let committer: String
  /// The committer's date, since 1970.
  let seconds: Int64
  /// Nil when it is not signed.
  let signature: String?
  /// The object without its signature: what was signed.
  let payload: [UInt8]
  let message: String

  /// Takes an object apart; nil when there is anything in it that the controller never writes.
  init?(_ object: [UInt8]) {
    guard let text = String(validating: object, as: UTF8.self),
      let end = text.utf8.firstRange(of: "\n\n".utf8)
    else { return nil }
    var headers = text[..<end.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)[
      ...]
    guard Self.take("tree", from: &headers) != nil else { return nil }
    var parents: [String] = []
    while let parent = Self.take("parent", from: &headers) { parents.append(parent) }
    guard let author = Self.take("author", from: &headers),
      let committer = Self.take("committer", from: &headers),
      let seconds = Self.seconds(of: committer)
    else { return nil }
    let signature = Self.takeSignature(from: &headers)
    guard headers.isEmpty else { return nil }
    (self.parents, self.author, self.committer) = (parents, author, committer)
    (self.seconds, self.signature) = (seconds, signature)
    message = String(text[end.upperBound...])
    payload = Self.payload(of: text, signature)
  }

  private static func take(_ name: String, from headers: inout ArraySlice<Substring>) -> String? {
    guard let line = headers.first, line.hasPrefix("\(name) ") else { return nil }
    headers.removeFirst()
    return String(line.dropFirst(name.count + 1))
  }

  /// The lines of the signature, without the blank that each but the first begins with.
  private static func takeSignature(from headers: inout ArraySlice<Substring>) -> String? {
    guard let first = take("gpgsig", from: &headers) else { return nil }
    var lines = [first]
    while let line = headers.first, line.hasPrefix(" ") {
      lines.append(String(line.dropFirst()))
      headers.removeFirst()
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func payload(of text: String, _ signature: String?) -> [UInt8] {
    guard let signature else { return Array(text.utf8) }
    let lines = signature.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let header = "gpgsig " + lines.joined(separator: "\n ") + "\n"
    guard let range = text.utf8.firstRange(of: header.utf8) else { return [] }
    return Array(text.utf8[..<range.lowerBound]) + Array(text.utf8[range.upperBound...])
  }

  /// "Serin <serin@example.org> 1790244000 +0000".
  private static func seconds(of committer: String) -> Int64? {
    let parts = committer.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count > 2, parts.last == "+0000" else { return nil }
    return Int64(parts[parts.count - 2])
  }
}
