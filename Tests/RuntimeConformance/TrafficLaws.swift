import Analysis
import Control
import Rollouts
import Testing

// Traffic: it goes to those that are ready, it is answered by those that were asked, and it is counted.
extension Subject {
  /// Until the successor is ready the predecessor answers, and no request is refused in between.
  func checkReadiness() async throws {
    let (first, second) = (try revision("1", fails: false), try revision("2", fails: false))
    try await put(RuntimeLaw.plan(1, [(first, 1000)]))
    let plan = RuntimeLaw.plan(2, [(second, 1000)])
    var refused = 0
    try await eventually("2 answers") {
      try await apply(plan)
      let state = try await state()
      let isReady = state?.readiness[second.id] == .ready
      let isInForce = state?.generationInForce == 2
      #expect(isReady || !isInForce, "traffic moved to what is not ready")
      refused += try await ask(2).refused
      return isInForce
    }
    #expect(refused == 0)
    #expect(try await ask(20).revisions == [second.id])
  }

  /// A revision answers what it was asked before it goes, and then it is really gone.
  func checkDraining() async throws {
    let (first, second) = try await serveFirst()
    let answered = try await whileAsking(deployment) {
      try await put(RuntimeLaw.plan(2, [(second, 1000)]))
      let readiness = try await readiness(of: first)
      #expect(readiness != .absent && readiness != .ready, "\(readiness)")
    }
    #expect(answered == first.id)
    try await eventually("1 is gone") { try await readiness(of: first) == .absent }
    let answers = try await ask(10)
    #expect(answers.revisions == [second.id] && answers.refused == 0, "\(answers)")
  }

  /// A rollback may come while the stable revision drains: it is called back, and answers again.
  func checkRecall() async throws {
    let (first, second) = try await serveFirst()
    let answered = try await whileAsking(deployment) {
      try await put(RuntimeLaw.plan(2, [(second, 1000)]))
      try await put(RuntimeLaw.plan(3, [(first, 1000)], loaded: [second]))
      #expect(try await readiness(of: first) == .ready)
    }
    #expect(answered == first.id)
    let answers = try await ask(10)
    #expect(answers.revisions == [first.id] && answers.refused == 0, "\(answers)")
  }

  /// What is counted is what clients saw, of each revision, and each answer was timed.
  func checkCounts() async throws {
    let (first, second) = (try revision("1", fails: false), try revision("2", fails: false))
    try await put(RuntimeLaw.plan(1, first, beside: second, weight: 300, serving))
    #expect(try await ask(100).refused == 0)
    try await put(RuntimeLaw.plan(2, second, beside: first, weight: 500, serving))
    #expect(try await ask(100).refused == 0)
    try await eventually("the counters are those of the answers") {
      let counted = try await counted()
      let answered = await answers(of: deployment).byRevision
      return counted.mapValues(\.requests) == answered
        && counted.values.allSatisfy {
          $0.latency.total == (serving == .online ? $0.requests : 0) && $0.errors == 0
        }
    }
  }

  /// Clients get stable's answers alone while a candidate gets copies, also in the controller's next life.
  ///
  /// It gets them once it is ready, in the share that was asked for, and they are counted as its own. Afterwards it may
  /// answer clients, or get nothing.
  func checkMirror() async throws {
    let (stable, candidate) = (try revision("1", fails: false), try revision("2", fails: false))
    let plan = RuntimeLaw.plan(1, stable, mirroredTo: candidate, weight: 300)
    try await put(plan)
    #expect(try await readiness(of: candidate) == .ready)
    #expect(try await ask(1_000) == Answers(byRevision: [stable.id: 1_000]))
    try await restart()
    try await put(plan)
    #expect(try await ask(1_000) == Answers(byRevision: [stable.id: 1_000]))
    let asked = await answers(of: deployment).byRevision[stable.id] ?? 0
    try await put(RuntimeLaw.plan(2, [(stable, 500), (candidate, 500)]))
    let copies = try await copies(to: candidate)
    // To five standard errors.
    let tolerated = 5 * (Double(asked) * 0.3 * 0.7).squareRoot()
    #expect(abs(Double(copies) - 0.3 * Double(asked)) < tolerated, "\(copies) of \(asked)")
    try await checkEndOfMirror(to: candidate, from: stable, copies: copies)
  }

  private func checkEndOfMirror(
    to candidate: Revision, from stable: Revision, copies: Int
  ) async throws {
    let split = try await ask(100)
    #expect(split.revisions == [stable.id, candidate.id] && split.refused == 0, "\(split)")
    try await put(RuntimeLaw.plan(3, [(stable, 1000)], loaded: [candidate]))
    #expect(try await ask(100).revisions == [stable.id])
    try await eventually("the counters are those of the answers and the copies") {
      var expected = await answers(of: deployment).byRevision
      expected[candidate.id, default: 0] += copies
      let counted = try await counted()
      return counted.mapValues(\.requests) == expected
        && counted.values.allSatisfy { $0.latency.total == $0.requests && $0.errors == 0 }
    }
  }

  /// Waits until no copy is under way any more, and returns how many there were.
  private func copies(to candidate: Revision) async throws -> Int {
    var (last, now) = (-1, 0)
    try await eventually("no copy is under way") {
      let answered = await answers(of: deployment).byRevision[candidate.id] ?? 0
      (last, now) = (now, (try await counted()[candidate.id]?.requests ?? 0) - answered)
      return now == last
    }
    return now
  }

  func counted() async throws -> [Revision.ID: Counts] {
    let series = try await telemetry.counters().series[deployment] ?? [:]
    return series.reduce(into: [:]) { counted, series in
      let (revision, counts) = (series.key.revision, series.value.counts)
      counted[revision] = counted[revision]?.adding(counts) ?? counts
    }
  }

  /// Lets one revision have all traffic while another one is ready, too.
  private func serveFirst() async throws -> (Revision, Revision) {
    let (first, second) = (try revision("1", fails: false), try revision("2", fails: false))
    try await put(RuntimeLaw.plan(1, [(first, 1000)], loaded: [second]))
    try await eventually("2 is ready") { try await readiness(of: second) == .ready }
    return (first, second)
  }
}
