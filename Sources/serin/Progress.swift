import Foundation
import Glibc

/// A line on a terminal that says how far something is; nothing where there is no terminal.
struct Progress {
  private let total: Int
  private let noun: String
  private let isShown = isatty(STDERR_FILENO) == 1
  private var done = 0
  private var shown = ContinuousClock.now

  /// Often enough to look alive, seldom enough to cost nothing.
  private static let pause = Duration.milliseconds(200)

  init(of total: Int, _ noun: String) {
    self.total = total
    self.noun = noun
  }

  mutating func step() {
    done += 1
    // The clock is asked at every 64th step alone.
    guard isShown, done % 64 == 0, ContinuousClock.now - shown >= Self.pause else { return }
    shown = ContinuousClock.now
    write("\r\(done) of \(total) \(noun)")
  }

  /// Takes the line away.
  func end() {
    guard isShown, done >= 64 else { return }
    write("\r\u{1B}[K")
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
