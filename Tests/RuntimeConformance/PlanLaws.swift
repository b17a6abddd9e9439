import Control
import Rollouts
import Testing

// Plans: what is applied comes about once, whatever else is applied and however often the controller dies.
extension Subject {
  /// Level-triggered: what is so already is left alone.
  func checkIdempotence() async throws {
    let plan = RuntimeLaw.plan(1, [(try revision("1", fails: false), 1000)])
    try await put(plan)
    let before = try await state()
    for _ in 0..<3 { try await apply(plan) }
    #expect(try await state() == before)
    let answers = try await ask(20)
    #expect(answers.revisions == Set(plan.loaded.map(\.id)) && answers.refused == 0, "\(answers)")
  }

  /// A plan that comes late must not undo a newer one.
  func checkGenerations() async throws {
    let (first, second) = (try revision("1", fails: false), try revision("2", fails: false))
    try await put(RuntimeLaw.plan(3, [(first, 1000)]))
    await #expect(throws: (any Error).self) {
      try await apply(RuntimeLaw.plan(2, [(second, 1000)]))
    }
    #expect(try await state()?.generationInForce == 3)
    #expect(try await readiness(of: second) == .absent)
    try await apply(RuntimeLaw.plan(3, [(first, 1000)]))
    let answers = try await ask(10)
    #expect(answers.revisions == [first.id] && answers.refused == 0, "\(answers)")
  }

  /// Serving does not depend on the controller, and its next life finds what the last one left: what is
  /// loaded, what is in force, and which generation that is.
  func checkAdoption() async throws {
    let (first, second) = (try revision("1", fails: false), try revision("2", fails: false))
    let plan = RuntimeLaw.plan(7, first, beside: second, weight: 500, serving)
    try await put(plan)
    try await restart()
    let found = try await state()
    #expect(found?.generationInForce == 7)
    #expect(found?.readiness == [first.id: .ready, second.id: .ready])
    await #expect(throws: (any Error).self) { try await apply(RuntimeLaw.plan(6, [])) }
    try await put(plan)
    let answers = try await ask(100)
    let answering = Set(plan.shares.map(\.revision))
    #expect(answers.revisions == answering && answers.refused == 0, "\(answers)")
  }

  /// A removed deployment refuses requests, and nothing of it stays.
  func checkEmptyPlan() async throws {
    let first = try revision("1", fails: false)
    try await put(RuntimeLaw.plan(1, [(first, 1000)]))
    try await put(RuntimeLaw.plan(2, []))
    #expect(try await ask(5) == Answers(refused: 5))
    try await eventually("1 is gone") { try await readiness(of: first) == .absent }
    #expect(try await state()?.generationInForce == 2)
  }

  /// What cannot serve is said to have failed, and never gets traffic; no other revision suffers.
  func checkFailures() async throws {
    let (first, broken) = (try revision("1", fails: false), try revision("2", fails: true))
    try await put(RuntimeLaw.plan(1, [(first, 1000)]))
    let plan = RuntimeLaw.plan(2, first, beside: broken, weight: 500, serving)
    try await apply(plan)
    try await eventually("2 fails") {
      guard case .failed(let reason) = try await readiness(of: broken) else { return false }
      return !reason.isEmpty
    }
    try await apply(plan)
    #expect(try await state()?.generationInForce == 1)
    let answers = try await ask(20)
    #expect(answers.revisions == [first.id] && answers.refused == 0, "\(answers)")
    try await put(RuntimeLaw.plan(3, [(first, 1000)]))
    try await eventually("2 is gone") { try await readiness(of: broken) == .absent }
  }
}
