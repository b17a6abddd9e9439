/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
///
/// Wall time, because a rollout outlives the process that started it. The core compares and adds; it
/// never asks what time it is.
package struct Instant: Hashable, Comparable, Sendable, Codable {
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package func advanced(by duration: Duration) -> Instant {
    Instant(milliseconds: milliseconds + duration.inMilliseconds)
  }

  /// Returns the time from `earlier` to this moment; negative when `earlier` is later.
  package func since(_ earlier: Instant) -> Duration {
    .milliseconds(milliseconds - earlier.milliseconds)
  }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  package init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

extension Duration {
  /// This duration in whole milliseconds, rounded towards zero.
  package var inMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}

/// A duration that is recorded as a whole number of milliseconds.
///
/// The standard library encodes a `Duration` as two halves of a 128-bit integer, which no auditor
/// can read.
@propertyWrapper
package struct InMilliseconds: Hashable, Sendable, Codable {
  package var wrappedValue: Duration

  package init(wrappedValue: Duration) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    wrappedValue = .milliseconds(try decoder.singleValueContainer().decode(Int64.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue.inMilliseconds)
  }
}
