/// How a process ended.
package enum ProcessEnding: Equatable, Sendable, CustomStringConvertible {
  case exited(Int)
  case killed(signal: Int)

  /// Reads the status that `waitpid` gives: the low seven bits are a signal, the next byte what the
  /// process exited with.
  package init(waitStatus status: Int32) {
    let signal = Int(status & 0x7F)
    self = signal == 0 ? .exited(Int(status >> 8) & 0xFF) : .killed(signal: signal)
  }

  /// How a program ended whose end was told by another one in the way of shells: 128 and the signal.
  ///
  /// A program that exits with such a code of its own cannot be told apart from one that was killed.
  package var behindAnother: ProcessEnding {
    guard case .exited(let code) = self, (129...192).contains(code) else { return self }
    return .killed(signal: code - 128)
  }

  /// "exit code 1", "signal 9".
  package var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .killed(let signal): "signal \(signal)"
    }
  }

  var exitCode: Int? { if case .exited(let code) = self { code } else { nil } }
  var signal: Int? { if case .killed(let signal) = self { signal } else { nil } }
}
