/// Why there are no counts: no data, which holds a rollout and is never taken for zero.
package struct PrometheusError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// No whole answer came.
    case unreachable
    /// The credentials cannot be read, or are not accepted.
    case credentials
    /// The server answered with an error.
    case refused
    /// The server says that a part of the answer may be missing.
    case partial
    /// The answer is larger than what is read.
    case size
    /// The answer is not what was asked for.
    case shape
    /// A value is no count.
    case value
    /// What is asked for cannot be asked.
    case subject
    /// There are no samples, or none of a target that is still there.
    case noSamples
    /// Requests are counted, and latencies under none of the names.
    case noLatency
  }

  package let kind: Kind
  /// In words, bounded; what the server said is outside text that no code reads.
  package let message: String

  package var description: String { "prometheus: \(message)" }

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = String(message.prefix(Self.longestMessage))
  }

  static let longestMessage = 1000
}
