import Control
import Foundation
import Glibc
import LocalRuntime
import Manifests
import Rollouts
import RuntimeConformance
import TestKit
import Threads

/// A batch runtime in the test's folder, and the jobs that read its models.
final class BatchBench: Subject {
  static let iris = DeploymentName(namespace: "default", name: "iris")
  let folder: BatchFolder
  private let settings: BatchSettings
  private let state: Lock<(runtime: BatchRuntime, answers: Answers, runs: Int)>

  init(longestLease: Duration = .seconds(3600)) {
    let path = TemporaryFolder.current.appending(path: "batch").path
    folder = BatchFolder(path)
    settings = BatchSettings(folder: path, longestLease: longestLease)
    state = Lock((Self.runtime(settings), Answers(), 0))
  }

  private static func runtime(_ settings: BatchSettings) -> BatchRuntime {
    BatchRuntime(
      LocalRuntimeSetup(folder: TemporaryFolder.current.appending(path: "state").path), settings,
      logger: Workbench.logger)
  }

  /// Runs `body` with a started runtime.
  static func run(
    longestLease: Duration = .seconds(3600), _ body: (BatchBench) async throws -> Void
  ) async throws {
    let bench = BatchBench(longestLease: longestLease)
    try await bench.batch.start()
    do {
      try await body(bench)
    } catch {
      await bench.batch.stop()
      throw error
    }
    await bench.batch.stop()
  }

  var batch: BatchRuntime { state.withLock { $0.runtime } }
  var runtime: any Runtime { batch }
  var telemetry: any Telemetry { batch }
  var serving: ServingMode { .batch }

  func revision(_ version: String, fails: Bool) throws -> Revision {
    let digest = fails ? "sha256:" + String(repeating: "0", count: 64) : nil
    return try Workbench.revision(version, behaviour: #"{"v": \#(version)}"#, digest: digest)
  }

  /// A run that scores so many records, and reports twice: what comes again counts once.
  func ask(
    _ count: Int, of deployment: DeploymentName, with _: HeaderMatch?
  ) async throws -> Answers {
    let run = try BatchRun(deployment, in: folder.path, of: "asking", lease: .seconds(60))
    defer { run.end() }
    guard let model = try? await run.begin(patience: .zero, whenWaiting: {}) else {
      return Answers(refused: count)
    }
    let revision = Revision.ID(model.revision)
    for part in [count / 2, count, count] {
      let report = BatchReport(
        deployment: deployment, revision: revision, run: run.name, requests: part, errors: 0)
      guard await batch.take(report) == .accepted else { return Answers(refused: count) }
    }
    let answers = Answers(byRevision: [revision: count])
    state.withLock { $0.answers.byRevision.merge(answers.byRevision) { $0 + $1 } }
    return answers
  }

  func answers(of deployment: DeploymentName) -> Answers { state.withLock { $0.answers } }

  func whileAsking(
    _ deployment: DeploymentName, _ body: () async throws -> Void
  ) async throws -> Revision.ID? {
    try await body()
    return nil
  }

  func restart() async throws {
    await batch.stop()
    let next = Self.runtime(settings)
    state.withLock { $0.runtime = next }
    try await next.start()
  }

  func pause() async throws { try await Task.sleep(for: .milliseconds(5)) }

  /// What a run would read now; nil for nothing.
  func pointer() throws -> BatchPointer? { try BatchPointer.read(folder.current(of: Self.iris)) }

  func state() async throws -> RuntimeState? { try await batch.observe()[Self.iris] }

  func put(_ plan: Plan) async throws {
    try await eventually {
      try await batch.apply(plan, to: Self.iris)
      return try await state()?.generationInForce == plan.generation
    }
  }

  /// Begins a run that reads what is current.
  func begin(lease: Duration = .seconds(60)) async throws -> BatchRun {
    let run = try BatchRun(Self.iris, in: folder.path, of: "nightly", lease: lease)
    _ = try await run.begin(patience: .zero, whenWaiting: {})
    return run
  }

  /// Runs again and again, and returns how often; each time the pointer must stay as it was read.
  func runUntilCancelled() async throws -> Int {
    var count = 0
    while !Task.isCancelled {
      let run = try BatchRun(Self.iris, in: folder.path, of: "worker", lease: .seconds(60))
      guard let model = try? await run.begin(patience: .seconds(60), whenWaiting: {}) else { break }
      try? await Task.sleep(for: .milliseconds(4))
      let isSame = try pointer()?.model == model
      run.end()
      guard isSame else { throw ProcessFailure(description: "the pointer moved under a run") }
      count += 1
      // A switch has to find no run at times, or it would always be one that waits.
      try? await Task.sleep(for: .milliseconds(4))
    }
    return count
  }

  /// Makes what another program would call a lease, which ends in so many seconds.
  func forgeLease(_ name: String, seconds: Int) throws {
    let path = "\(folder.leases(of: Self.iris))/\(name)"
    try Data("anything".utf8).write(to: URL(filePath: path))
    let now = time(nil)
    let times = [timespec(tv_sec: now, tv_nsec: 0), timespec(tv_sec: now + seconds, tv_nsec: 0)]
    utimensat(AT_FDCWD, path, times, 0)
  }
}
