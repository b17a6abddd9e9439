/// Puts the head of an answer together from its lines.
///
/// Interim answers (100, 103) are passed over; trailers, which come after the body, are ignored.
struct HeadParser {
  private var status = 0
  private var headers: [(name: String, value: String)] = []
  private var isDone = false

  /// Takes one line with its line break; returns the head with the line that completes it.
  mutating func take(_ line: String) -> HTTPHead? {
    guard !isDone else { return nil }
    let line = line.trimmingWhitespace
    if line.hasPrefix("HTTP/") {
      status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      headers = []
    } else if line.isEmpty, status >= 200 {
      isDone = true
      return HTTPHead(status: status, headers: headers)
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].trimmingWhitespace
      headers.append((name: line[..<colon].lowercased(), value: String(value)))
    }
    return nil
  }
}

extension StringProtocol {
  fileprivate var trimmingWhitespace: SubSequence {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
    return self[start..<end]
  }
}
