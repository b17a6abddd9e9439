import Encoding

/// One line of a watch.
enum WatchEvent<Object: ClusterObject>: Decodable, Equatable {
  /// An object that is new, or not as it was.
  case set(Object)
  /// An object that is gone, or that the labels no longer select.
  case gone(Object)
  /// Nothing happened up to this version.
  case bookmark(version: String)
  /// The watch is at its end: what the server says of it, and how long to wait before the next one.
  case failure(KubernetesError.Kind, String, retryAfter: Duration?)
  /// A type of events that this version of Serin does not know.
  case unknown(String)

  private enum Keys: String, CodingKey { case type, object }
  private struct Bookmark: Decodable {
    struct Metadata: Decodable { let resourceVersion: String }
    let metadata: Metadata
  }

  init(from decoder: any Decoder) throws {
    let line = try decoder.container(keyedBy: Keys.self)
    switch try line.decode(String.self, forKey: .type) {
    case "ADDED", "MODIFIED": self = .set(try line.decode(Object.self, forKey: .object))
    case "DELETED": self = .gone(try line.decode(Object.self, forKey: .object))
    case "BOOKMARK":
      let bookmark = try line.decode(Bookmark.self, forKey: .object)
      self = .bookmark(version: bookmark.metadata.resourceVersion)
    case "ERROR":
      let status = try line.decode(StatusAnswer.self, forKey: .object)
      self = .failure(
        KubernetesError.kind(status.code ?? 500, status), status.message ?? "",
        retryAfter: KubernetesError.wait(status.details?.retryAfterSeconds))
    case let type: self = .unknown(String(type.prefix(40)))
    }
  }
}

/// Cuts a stream of bytes into lines.
struct LineSplitter {
  private var rest: [UInt8] = []

  /// etcd takes no object that is larger, and a line has little besides, in bytes.
  static let longest = 8 << 20

  /// Returns the lines that are whole by now; nil when one is longer than any may be.
  mutating func take(_ chunk: [UInt8]) -> [[UInt8]]? {
    var lines: [[UInt8]] = []
    for (index, part) in chunk.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).enumerated() {
      if index > 0 {
        lines.append(rest)
        rest = []
      }
      rest += part
      guard rest.count <= Self.longest else { return nil }
    }
    return lines.filter { !$0.isEmpty }
  }
}
