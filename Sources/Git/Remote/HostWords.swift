import Foundation

/// What a server says beside its answers: the words of a hook or of the host, for a person.
struct HostWords {
  private var pending: [UInt8] = []
  private var said: [String] = []

  /// No refusal needs more; the rest is not listened to.
  private static let longest = 1000

  var lines: [String] { said + [Self.words(of: pending)].compactMap(\.self) }

  /// Takes what came, which may begin and end in the middle of a line.
  mutating func listen(_ text: some Sequence<UInt8>) {
    for byte in text {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        said += [Self.words(of: pending)].compactMap(\.self)
        pending = []
      } else if pending.count + said.map(\.utf8.count).reduce(0, +) < Self.longest {
        pending.append(byte)
      }
    }
  }

  /// Returns a line without the blanks around it; nil when it says nothing but how far git is:
  /// "Resolving deltas: 40% (4/10)".
  private static func words(of line: [UInt8]) -> String? {
    let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    return text.isEmpty || text.contains("% (") ? nil : text
  }
}
