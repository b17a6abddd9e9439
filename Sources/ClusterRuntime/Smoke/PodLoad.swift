import HTTP
import Inferences
import Rollouts

/// A load test of the pods of one server: all at once, each with its part.
struct PodLoad: Sendable {
  private let runs: [(pod: ServingPod, run: LoadRun)]

  /// More pods than a manifest may ask for share no load: each has a client of its own.
  static let mostPods = 16
  /// How often it is looked whether the outcome is certain.
  private static let interval = Duration.milliseconds(200)

  init(_ test: LoadTest, bodies: [[UInt8]], to models: [PodModel], timeout: Duration)
    throws(PodSilence)
  {
    var runs: [(pod: ServingPod, run: LoadRun)] = []
    for model in models {
      let form = try model.request("/infer")
      let run = LoadRun(test: test, servers: models.count, bodies: bodies) {
        var request = form
        request.infer($0, timeout: timeout)
        return request
      }
      runs.append((model.pod, run))
    }
    self.runs = runs
  }

  /// Makes the form of the requests of what a model says of itself, on no actor's time.
  @concurrent
  static func form(_ metadata: [UInt8]) async -> String? { ModelMetadata.madeUpRequest(metadata) }

  /// Sends all of it, or as much as it takes until the outcome is certain.
  ///
  /// - Parameter tell: Is told how far the load is.
  /// - Returns: What the pods did not bear; nil when they did.
  /// - Throws: `CancellationError` alone.
  @concurrent
  func bear(_ tell: @escaping @Sendable (String) async -> Void) async throws -> String? {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await send() }
      group.addTask { try await watch(tell) }
      try await group.next()
      group.cancelAll()
    }
    try Task.checkCancellation()
    return problem
  }

  private func send() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (_, run) in runs { group.addTask { try await run.send() } }
      try await group.waitForAll()
    }
  }

  private func watch(_ tell: @Sendable (String) async -> Void) async throws {
    let count = runs.reduce(0) { $0 + $1.run.count }
    while problem == nil {
      let done = runs.reduce(0) { $0 + $1.run.tally.counts.done }
      await tell("under load: \(done) of \(count) requests")
      try await Task.sleep(for: Self.interval)
    }
  }

  private var problem: String? {
    for (pod, run) in runs {
      guard let problem = run.problem else { continue }
      let place = runs.count > 1 ? "pod \(pod.name) " : ""
      return "\(place)under load: \(problem)".inOneLine
    }
    return nil
  }
}
