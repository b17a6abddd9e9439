package import HTTP
package import Rollouts
import Threads

/// Sends the requests of a load test to one server, at their times, whether it keeps up or not.
///
/// A server that is slow does not get fewer requests by that, as it would from clients that wait for their
/// answers. What finds too many under way is not sent, and counts as slow.
package struct LoadRun: Sendable {
  private let test: LoadTest
  /// How many servers share the load.
  private let servers: Int
  package let bodies: [[UInt8]]
  /// Makes a request of a body.
  private let request: @Sendable ([UInt8]) -> HTTPRequest
  package let tally = LoadTally()

  package init(
    test: LoadTest, servers: Int, bodies: [[UInt8]],
    request: @escaping @Sendable ([UInt8]) -> HTTPRequest
  ) {
    (self.test, self.servers, self.bodies, self.request) = (test, servers, bodies, request)
  }

  /// What an answer may have; it is thrown away as it comes.
  private static let longestAnswer = 16 << 20

  /// How many requests this server gets.
  package var count: Int { (test.requests + servers - 1) / servers }
  private var interval: Duration { .seconds(servers) / test.requestsPerSecond }
  /// As many as there may be under way, and no more than keep so many bytes: each has a body of its own until it is answered.
  private var mostUnderWay: Int {
    let largest = bodies.map(\.count).max() ?? 1
    return max(1, min(LoadTest.mostUnderWay, Self.mostBytes / max(1, largest)) / servers)
  }

  /// What all requests of a load that are under way may have together.
  private static let mostBytes = 64 << 20

  /// What the server does not bear, as soon as that is certain; nil before, and when it does.
  package var problem: String? {
    let counts = tally.counts
    guard let breach = test.breach(of: counts, among: count) else { return nil }
    let first = breach == .failed ? tally.firstProblem.map { "; the first: \($0)" } : nil
    return breach.words(counts, test) + (first ?? "")
  }

  /// Sends all requests and waits until each has ended.
  ///
  /// With a client of its own: the probes of what serves do not wait behind it.
  ///
  /// - Throws: `CancellationError` alone.
  @concurrent
  package func send() async throws {
    let (client, limit) = (HTTPClient(), mostUnderWay)
    let start = ContinuousClock.now
    try await withThrowingDiscardingTaskGroup { group in
      for number in 0..<count {
        let due = start + interval * number
        if due > .now { try await Task.sleep(until: due, clock: .continuous) }
        try Task.checkCancellation()
        guard tally.begin(atMost: limit) else { continue }
        group.addTask { await ask(client, bodies[number % bodies.count]) }
      }
    }
  }

  private func ask(_ client: HTTPClient, _ body: [UInt8]) async {
    let begin = ContinuousClock.now
    let problem: String?
    do {
      problem = try await Self.problem(with: client.open(request(body)))
    } catch {
      guard !Task.isCancelled else { return }
      problem = (error as? HTTPError)?.message ?? "\(error)"
    }
    tally.end(
      isSlow: ContinuousClock.now - begin >= .milliseconds(test.below), problem: problem)
  }

  /// Reads an answer to its end; returns why it is none, or nil.
  private static func problem(with answer: (head: HTTPHead, body: HTTPBody)) async throws -> String?
  {
    var start: [UInt8] = []
    var length = 0
    for try await chunk in answer.body {
      start += chunk.prefix(400 - start.count)
      length += chunk.count
      guard length <= longestAnswer else {
        return "its answer is longer than \(longestAnswer) bytes"
      }
    }
    guard answer.head.status != 200 else { return nil }
    return "it answered \(answer.head.status): \(SmokeRequest.start(of: start))"
  }
}

/// Counts the requests of a load test while they are under way.
package final class LoadTally: Sendable {
  private struct State {
    var counts = LoadCounts()
    var underWay = 0
    var firstProblem: String?
  }

  private let state = Lock(State())

  package var counts: LoadCounts { state.withLock { $0.counts } }
  /// What was wrong with the first request that failed.
  package var firstProblem: String? { state.withLock { $0.firstProblem } }

  /// Notes that a request is sent; false when it must not be, because so many are under way.
  func begin(atMost limit: Int) -> Bool {
    state.withLock { state in
      guard state.underWay >= limit else {
        state.underWay += 1
        return true
      }
      state.counts.done += 1
      state.counts.slow += 1
      return false
    }
  }

  func end(isSlow: Bool, problem: String?) {
    state.withLock { state in
      state.underWay -= 1
      state.counts.done += 1
      if isSlow { state.counts.slow += 1 }
      guard let problem else { return }
      state.counts.failed += 1
      state.firstProblem = state.firstProblem ?? problem
    }
  }
}

extension LoadTest.Breach {
  /// "132 of 431 requests (31%) took 100ms or longer, 5% may".
  func words(_ counts: LoadCounts, _ test: LoadTest) -> String {
    switch self {
    case .slow:
      "\(Self.part(counts.slow, counts)) took \(test.below)ms or longer, \(test.slow) may"
    case .failed: "\(Self.part(counts.failed, counts)) failed, \(test.failed) may"
    }
  }

  private static func part(_ bad: Int, _ counts: LoadCounts) -> String {
    "\(bad) of \(counts.done) requests (\(Ratio(bad, of: counts.done).short))"
  }
}
