package import Control
package import Rollouts

/// A runtime to be tried, with what lies around it: clients, models and the controller's lives.
package protocol Subject: Sendable {
  /// The runtime, as the controller has it now.
  var runtime: any Runtime { get async }
  var telemetry: any Telemetry { get async }
  /// What is deployed on it.
  var deployment: DeploymentName { get }
  /// How its models are used; where jobs read them, nothing is split and nothing is timed.
  var serving: ServingMode { get }
  /// Makes a model that can be loaded and answers, or that fails when it is loaded.
  func revision(_ version: String, fails: Bool) throws -> Revision
  /// Sends so many requests, all with a header when one is given, and tells what became of them.
  func ask(
    _ count: Int, of deployment: DeploymentName, with header: HeaderMatch?
  ) async throws -> Answers
  /// Tells what became of all requests so far.
  func answers(of deployment: DeploymentName) async -> Answers
  /// Runs `body` while a request is under way that takes long.
  ///
  /// Returns the revision that answered it; nil when none did.
  func whileAsking(
    _ deployment: DeploymentName, _ body: () async throws -> Void
  ) async throws -> Revision.ID?
  /// Ends the controller's life as a crash does, and begins another.
  func restart() async throws
  /// Waits a little.
  func pause() async throws
}

extension Subject {
  package var deployment: DeploymentName { DeploymentName(namespace: "default", name: "iris") }
  package var serving: ServingMode { .online }
}

/// What clients were answered.
package struct Answers: Equatable, Sendable {
  /// How many requests each revision answered.
  package var byRevision: [Revision.ID: Int]
  /// How many were answered by no revision.
  package var refused: Int

  package init(byRevision: [Revision.ID: Int] = [:], refused: Int = 0) {
    self.byRevision = byRevision
    self.refused = refused
  }

  /// Adds what more clients were answered.
  package mutating func add(_ more: Answers) {
    byRevision.merge(more.byRevision) { $0 + $1 }
    refused += more.refused
  }

  /// The revisions that answered anything.
  package var revisions: Set<Revision.ID> { Set(byRevision.filter { $0.value > 0 }.keys) }
}

/// What did not come about in time.
struct NeverHappened: Error, CustomStringConvertible {
  let description: String
}

extension Subject {
  /// How often is looked: for a minute and more where a pause is a fiftieth of a second.
  private static var looks: Int { 4000 }

  /// Waits for something to become so.
  func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<Self.looks {
      if try await condition() { return }
      try await pause()
    }
    throw NeverHappened(description: "never: \(what)")
  }

  func apply(_ plan: Plan) async throws {
    try await runtime.apply(plan, to: deployment)
  }

  func state() async throws -> RuntimeState? {
    try await runtime.observe()[deployment]
  }

  func readiness(of revision: Revision) async throws -> Readiness {
    try await state()?.readiness[revision.id] ?? .absent
  }

  /// Applies a plan as the controller does, again and again, until it is in force.
  func put(_ plan: Plan) async throws {
    try await eventually("generation \(plan.generation) is in force") {
      try await apply(plan)
      return try await state()?.generationInForce == plan.generation
    }
  }

  func ask(_ count: Int, with header: HeaderMatch? = nil) async throws -> Answers {
    try await ask(count, of: deployment, with: header)
  }
}
