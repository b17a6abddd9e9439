/// What one client, and all of them together, may ask for.
///
/// Whoever reaches the port may send anything: nothing is read, kept or waited for without a bound, and
/// every bound has an answer.
package struct ConsoleLimits: Sendable {
  /// Bytes of a captured payload: more is 413.
  package var eventBody = 4 << 20
  /// Bytes of labels, or of a webhook: more is 413.
  package var smallBody = 64 << 10
  /// Bytes of all bodies that are being read, so that many large ones cannot fill the memory: more is
  /// 503.
  package var allBodies = 64 << 20
  /// Bytes of one header, of the target, and of all headers together: more is 431.
  package var headerBytes = 16 << 10
  /// How many headers a request may have: more is 431.
  package var headers = 64
  /// Connections that are served at a time: the others are answered 503.
  package var connections = 256
  /// Connections that may be answered 503 at a time: the others wait in the kernel's queue.
  package var refusals = 64
  /// The time for the head of the first request: then 408.
  package var head = Duration.seconds(10)
  /// The time from the head of a request to its end: then 408.
  package var body = Duration.seconds(30)
  /// The time from the end of a request until its answer was taken: then the connection is closed.
  package var answer = Duration.seconds(30)
  /// The time between two requests of a connection, which is closed then.
  package var idle = Duration.seconds(60)
  /// The time in which a client may read the last answer, and stop sending.
  package var farewell = Duration.seconds(2)
  /// The time that requests under way have when the controller ends.
  package var stop = Duration.seconds(3)

  package init() {}

  /// Of a server that takes payloads: five connections from each of fifty pods, which are let go soon.
  package static var payloads: ConsoleLimits {
    var limits = ConsoleLimits()
    limits.allBodies = 32 << 20
    (limits.body, limits.idle) = (.seconds(10), .seconds(10))
    return limits
  }
}
