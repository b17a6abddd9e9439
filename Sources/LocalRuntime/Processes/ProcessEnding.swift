/// How a process ended.
package enum ProcessEnding: Equatable, Sendable, CustomStringConvertible {
  case exited(Int)
  case killed(signal: Int)
  /// Another process told 128 and the number of a signal: the program was killed by it, or exited with that
  /// code of its own. Nothing tells the two apart.
  case told(code: Int)

  /// Reads the status that `waitpid` gives: the low seven bits are a signal, the next byte what the
  /// process exited with.
  package init(waitStatus status: Int32) {
    let signal = Int(status & 0x7F)
    self = signal == 0 ? .exited(Int(status >> 8) & 0xFF) : .killed(signal: signal)
  }

  /// How a program ended whose end was told by another one in the way of shells: 128 and the signal.
  ///
  /// Linux has the signals 1 to 64.
  package var behindAnother: ProcessEnding {
    guard case .exited(let code) = self, (129...192).contains(code) else { return self }
    return .told(code: code)
  }

  /// "exit code 1", "signal 9", "exit code 137, as after signal 9".
  package var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .killed(let signal): "signal \(signal)"
    case .told(let code): "exit code \(code), as after signal \(code - 128)"
    }
  }

  var exitCode: Int? {
    switch self {
    case .exited(let code), .told(let code): code
    case .killed: nil
    }
  }

  /// The signal that ended it, or may have.
  var signal: Int? {
    switch self {
    case .exited: nil
    case .killed(let signal): signal
    case .told(let code): code - 128
    }
  }
}
