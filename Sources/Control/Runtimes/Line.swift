import Rollouts

/// A line to an outside system, on which one call at a time is made and nobody waits for long.
///
/// Think of a telephone: whoever gets no answer hangs up and goes on with other work, but the line is taken until
/// the other side hangs up, too. From then on a call is made to hear whether anybody is there, and nobody waits for
/// it, until one is answered. So a system that hangs costs one wait and one task, not one for every look.
actor Line {
  private let clock: any WallClock
  private let limit: Duration
  /// Whether a call is under way, however long ago its caller has given up.
  private var isTaken = false
  /// Whether the last call was worth waiting for.
  private var isTrusted = true

  /// An error that comes sooner may be waited for each time.
  static let brief = Duration.seconds(1)

  init(limit: Duration, by clock: any WallClock) {
    self.limit = limit
    self.clock = clock
  }

  /// A call that nobody waits for any more; the text does not tell for how long one did, so that it is logged once.
  struct Silence: Error, CustomStringConvertible {
    let limit: Duration

    var description: String {
      "it did not answer within \(limit.components.seconds) s, or not until it gave up itself"
    }
  }

  /// Calls, and returns the answer if it comes in time.
  ///
  /// The call goes on without its caller: a system that was asked to do something may still be at it.
  ///
  /// - Throws: `Silence` when there is no answer in time, and at once while nobody may wait for one.
  func call<Answer: Sendable>(
    _ body: @escaping @Sendable () async throws -> Answer
  ) async throws -> Answer {
    guard !isTaken else { throw Silence(limit: limit) }
    isTaken = true
    let (answers, answer) = AsyncThrowingStream<Answer, any Error>.makeStream()
    let call = Task { answer.yield(with: await self.answer(of: body)) }
    guard isTrusted else { throw Silence(limit: limit) }
    let end = Task {
      try await clock.sleep(for: limit)
      answer.finish(throwing: Silence(limit: limit))
    }
    answer.onTermination = { if case .cancelled = $0 { call.cancel() } }
    defer { end.cancel() }
    do {
      for try await value in answers { return value }
    } catch let silence as Silence {
      isTrusted = false
      throw silence
    }
    throw CancellationError()
  }

  private func answer<Answer: Sendable>(
    of body: @Sendable () async throws -> Answer
  ) async -> Result<Answer, any Error> {
    let began = clock.now
    let result: Result<Answer, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    let time = clock.now.since(began)
    if case .success = result { isTrusted = time < limit } else { isTrusted = time < Self.brief }
    isTaken = false
    return result
  }
}
