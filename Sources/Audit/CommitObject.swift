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
    var headers = Headers(rest: object[...])
    guard headers.take("tree") != nil else { return nil }
    var parents: [String] = []
    while let parent = headers.take("parent") { parents.append(parent) }
    guard let author = headers.take("author"), let committer = headers.take("committer"),
      let seconds = Self.seconds(of: committer)
    else { return nil }
    let unsigned = object[..<headers.rest.startIndex]
    let signature = headers.takeSignature()
    guard headers.rest.first == UInt8(ascii: "\n"),
      let message = String(validating: headers.rest.dropFirst(), as: UTF8.self)
    else { return nil }
    (self.parents, self.author, self.committer) = (parents, author, committer)
    (self.seconds, self.signature, self.message) = (seconds, signature, message)
    payload = Array(unsigned + headers.rest)
  }

  /// The lines before the message, taken from the front.
  private struct Headers {
    var rest: ArraySlice<UInt8>

    /// Takes the line of one header, if it is the next.
    mutating func take(_ name: String) -> String? {
      guard rest.starts(with: name.utf8),
        rest.dropFirst(name.utf8.count).first == UInt8(ascii: " "),
        let line = takeLine(after: name.utf8.count + 1)
      else { return nil }
      return line
    }

    /// Takes the lines of the signature, without the blank that each but the first begins with.
    mutating func takeSignature() -> String? {
      guard var text = take("gpgsig") else { return nil }
      while rest.first == UInt8(ascii: " "), let line = takeLine(after: 1) { text += "\n" + line }
      return text + "\n"
    }

    private mutating func takeLine(after count: Int) -> String? {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")),
        let line = String(validating: rest[..<end].dropFirst(count), as: UTF8.self)
      else { return nil }
      rest = rest[(end + 1)...]
      return line
    }
  }

  /// "Serin <serin@example.org> 1790244000 +0000".
  private static func seconds(of committer: String) -> Int64? {
    let parts = committer.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count > 2, parts.last == "+0000" else { return nil }
    return Int64(parts[parts.count - 2])
  }
}
