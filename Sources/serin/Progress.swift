import Foundation
import Glibc

/// A line on a terminal that says how far something is; nothing where there is no terminal.
struct Progress {
  /// Nil where nobody knows how much there is.
  private let total: Int?
  private let noun: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var done = 0
  private var shown = ContinuousClock.now
  private var isShown = false

  /// Often enough to look alive, seldom enough to cost nothing.
  private static let pause = Duration.milliseconds(200)
  /// How many characters the bar has.
  private static let width = 24

  init(of total: Int?, _ noun: String) {
    self.total = total
    self.noun = noun
  }

  mutating func step() {
    done += 1
    // The clock is asked at every 64th step alone.
    if done % 64 == 0 { show() }
  }

  /// Says that so much is done.
  mutating func reach(_ done: Int) {
    self.done = done
    show()
  }

  private mutating func show() {
    guard isTerminal, ContinuousClock.now - shown >= Self.pause else { return }
    (shown, isShown) = (.now, true)
    guard let total, total > 0 else { return write("\r\(done) \(noun)") }
    let full = min(Self.width, done * Self.width / total)
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: Self.width - full)
    write("\r\(bar) \(done) of \(total) \(noun)")
  }

  /// Takes the line away.
  func end() {
    if isShown { write("\r\u{1B}[K") }
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
