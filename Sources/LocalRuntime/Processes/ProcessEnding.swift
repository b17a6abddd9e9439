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
