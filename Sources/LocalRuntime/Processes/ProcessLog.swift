import Foundation
import Glibc

/// The file that a process appends both of its streams to.
package struct ProcessLog: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// Large enough for a post-mortem, small enough that a hundred servers do not fill a disk.
  private static let rotationSize = 10 << 20

  /// What is read of the end of a log, in bytes, while its server may go on writing.
  private static let longestEnd = 1 << 15

  package var size: Int { Files.size(of: path) }

  /// The one older part that is kept.
  var older: String { path + ".1" }

  /// Puts a large log aside before a process is started.
  package func rotate() throws {
    guard size > Self.rotationSize else { return }
    guard rename(path, older) == 0 else { throw Files.error("rotate", path) }
  }

  /// Large enough that no well-behaved server reaches it between two starts.
  package static let largest = 64 << 20
  /// What is kept of a log that has grown too large, in bytes.
  private static let keptEnd = 1 << 20

  /// Empties a log that has grown too large while its process writes it; the end is kept beside it.
  ///
  /// The process goes on at the beginning, since it appends. What it writes between the two steps is lost.
  package func cap(at limit: Int = largest) throws {
    let end = size
    guard end > limit else { return }
    let count = min(limit, Self.keptEnd)
    let kept = try Files.piece(of: path, from: max(0, end - count), atMost: count)
    try Files.withFile(older, O_WRONLY | O_CREAT | O_TRUNC, "keep") {
      try Files.write(kept, to: $0, path: older)
    }
    guard truncate(path, 0) == 0 else { throw Files.error("empty", path) }
  }

  /// Returns the last lines that hold anything, written since `offset`, fit to be shown.
  package func lastLines(_ count: Int, since offset: Int = 0) -> [String] {
    // The end is enough: nothing is quoted beyond a few lines.
    let end = size
    // It was emptied meanwhile when it is shorter than it was.
    let start = max(offset > end ? 0 : offset, end - Self.longestEnd)
    let bytes = (try? Files.piece(of: path, from: start, atMost: Self.longestEnd)) ?? []
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    return lines.map { Self.printable($0) }.filter { !$0.isEmpty }.suffix(count)
  }

  /// Returns what most likely ended the process, from what was written since `offset`.
  ///
  /// A server may go on for pages after the exception that ends it: the last one is preferred to the
  /// last lines.
  package func lastWords(since offset: Int) -> String? {
    let lines = lastLines(200, since: offset)
    let cause = lines.last {
      // What is cancelled because of an error is not the error.
      $0.contains(/^[\w.]*(Error|Exception)\b/) && !$0.contains("CancelledError")
    }
    if let cause { return cause }
    return lines.isEmpty ? nil : lines.suffix(3).joined(separator: " | ")
  }

  /// Returns a line that neither moves a terminal's cursor nor fills a page.
  ///
  /// A model's code writes what it likes, and this text ends up in statuses and commits.
  package static func printable(_ line: some StringProtocol) -> String {
    let scalars = line.unicodeScalars.lazy.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned,
        .surrogate:
        " " as Unicode.Scalar
      default: scalar
      }
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars.prefix(1000))
    return String(text).trimmingCharacters(in: .whitespaces)
  }
}
