package import Control
package import Ledger
import Randomness
package import Rollouts
import Threads

/// One life of the controller in a world: every port, until it dies.
package final class Incarnation: Source, Runtime, Telemetry, LedgerStore, Checkpoints, WallClock {
  let world: World
  package let number: Int
  private let end: Instant
  private let runtime: (any Runtime)?

  /// - Parameters:
  ///   - world: Where it lives.
  ///   - end: When nobody needs it any more.
  ///   - runtime: What serves in the world's place, of which the world is told by whoever watches it.
  package init(in world: World, until end: Instant, on runtime: (any Runtime)? = nil) {
    self.world = world
    self.end = end
    self.runtime = runtime
    number = world.state.withLock { $0.incarnation }
  }

  private var isAlive: Bool { world.state.withLock { $0.incarnation == number } }

  /// An effect: the controller may die before it, or after it.
  func effect<Value: Sendable>(
    _ what: String, _ body: (inout World.State) throws -> Value
  ) async throws -> Value {
    await Task.yield()
    try world.boundary(what, of: number)
    let value = try world.state.withLock(body)
    try world.afterwards(what, of: number)
    return value
  }

  /// An effect that needs room on the disk.
  func write<Value: Sendable>(
    _ what: String, _ body: (inout World.State) throws -> Value
  ) async throws -> Value {
    try await effect(what) { state in
      if state.isDiskFull { throw World.Hiccup(what: "\(what) on a full disk") }
      return try body(&state)
    }
  }

  func question<Value: Sendable>(
    _ what: String, _ body: (inout World.State) throws -> Value
  ) async throws -> Value {
    await Task.yield()
    try world.boundary(what, of: number)
    return try world.state.withLock(body)
  }

  // WallClock

  package var now: Instant { world.clock.now }

  package func sleep(for duration: Duration) async throws {
    await world.clock.sleep(for: duration)
    guard isAlive, now < end else { throw CancellationError() }
  }

  // Source

  package func fetch() async throws -> Tip? {
    try await question("fetch") { state in
      if state.isSourceAway { throw World.Hiccup(what: "the remote") }
      return state.commits.last?.tip
    }
  }

  package func entries(at commit: String) async throws -> [TreeEntry] {
    try await question("list") { state in
      let files = state.commits.last { $0.tip.commit == commit }?.files ?? [:]
      return files.sorted { $0.key < $1.key }.map { path, text in
        TreeEntry(path: path, kind: .file, blob: text, size: text.utf8.count)
      }
    }
  }

  /// A blob's name is its text: nothing needs to be looked up.
  package func read(_ blob: String) async throws -> [UInt8] {
    try await question("read") { _ in Array(blob.utf8) }
  }

  /// In one line of history, whoever came last knew of all others.
  package func lastChanges(
    of path: String, since base: String?, until tip: String
  ) async throws -> [SourceChange]? {
    Array(try await changes(of: [path], since: base, until: tip).listed.prefix(1))
  }

  /// One line of history without merges: a commit changes what it has otherwise than the one before.
  package func changes(
    of paths: [String], since base: String?, until tip: String
  ) async throws -> SourceChanges {
    try await question("look for authors") { state in
      let end = state.commits.firstIndex { $0.tip.commit == tip } ?? 0
      let begin = base.flatMap { base in state.commits.firstIndex { $0.tip.commit == base } }
      var found: [SourceChange] = []
      for index in stride(from: end, to: begin ?? -1, by: -1) {
        let (now, before) = (state.commits[index], index > 0 ? state.commits[index - 1].files : [:])
        let changed = paths.filter { now.files[$0] != before[$0] }
        guard !changed.isEmpty else { continue }
        found.append(
          SourceChange(commit: now.tip.commit, author: now.tip.author, paths: changed))
        if base == nil { break }
      }
      return SourceChanges(listed: found, more: 0)
    }
  }

  // Runtime

  package func apply(
    _ plan: Plan, recordedAs record: Int?, to deployment: DeploymentName
  ) async throws {
    world.state.withLock { state in
      Invariants.check(record, of: plan.generation, of: deployment, against: &state)
    }
    try await apply(plan, to: deployment)
  }

  package func apply(_ plan: Plan, to deployment: DeploymentName) async throws {
    world.serve()
    let now = now
    try await effect("apply") { state in
      if let old = state.plans[deployment], old.generation > plan.generation {
        throw World.Hiccup(what: "an older generation")
      }
      Invariants.check(plan, of: deployment, against: &state)
      state.know(plan.loaded)
      guard runtime == nil else { return }
      state.plans[deployment] = plan
      state.deliver(to: deployment, at: now)
    }
    try await runtime?.apply(plan, to: deployment)
  }

  package func observe() async throws -> [DeploymentName: RuntimeState] {
    world.serve()
    let now = now
    let simulated = try await question("observe") { state in
      state.plans.keys.reduce(into: [:]) { $0[$1] = state.runtimeState(of: $1, at: now) }
    }
    return try await runtime?.observe() ?? simulated
  }

  // Telemetry

  package func counters() async throws -> Counters {
    world.serve()
    let now = now
    return try await question("count") { $0.counters(asOf: now) }
  }

  // LedgerStore; what it has to do with the remote is in a file of its own.

  package var branch: String { "serin/ledger" }
  package var signer: PublicKey? { world.signer }

  package func read(_ path: String) async throws -> [UInt8]? {
    try world.boundary("read", of: number, rarity: 32)
    return world.state.withLock { $0.files[path] }
  }

  package func paths() async throws -> [String] {
    try await question("list") { $0.files.keys.sorted() }
  }

  package func commit(_ changes: [LedgerChange]) async throws -> [String] {
    let remote = world.remote
    return try await write("commit") { state in
      if state.isLedgerLocked { throw World.Hiccup(what: "commit over a lock") }
      return changes.map { change in
        Invariants.checkEpoch(of: change, against: remote, &state)
        state.append(SimulatedCommit(change))
        let title = change.message.split(separator: "\n").first ?? ""
        state.story.append(String(title))
        return String(state.ledger.count)
      }
    }
  }

  // Checkpoints

  package func load(_ deployment: DeploymentName, seq: Int) async throws -> [UInt8]? {
    try await question("load") { $0.checkpoints[deployment]?[seq] }
  }

  package func save(_ bytes: [UInt8], for deployment: DeploymentName, seq: Int) async throws {
    try await write("checkpoint") { $0.checkpoints[deployment, default: [:]][seq] = bytes }
  }

  package func lines(
    of deployment: DeploymentName, seq: Int, part: String
  ) async throws -> [String] {
    try await question("load") { $0.looks[deployment]?[seq]?[part] ?? [] }
  }

  package func write(
    _ lines: [String], addingTo adds: Bool, for deployment: DeploymentName, seq: Int, part: String
  ) async throws {
    try await write("checkpoint") { state in
      let old = adds ? state.looks[deployment]?[seq]?[part] ?? [] : []
      state.looks[deployment, default: [:]][seq, default: [:]][part] = old + lines
    }
  }

  package func lease() async throws -> [Claim] { try await question("lease") { $0.lease } }

  package func setLease(_ claims: [Claim]) async throws {
    try await write("lease") { $0.lease = claims }
  }

  package func claims() async throws -> [Claim] { try await question("claims") { $0.claims } }

  package func setClaims(_ claims: [Claim]) async throws {
    try await write("claims") { $0.claims = claims }
  }

  package func discard(
    _ deployment: DeploymentName, except seq: Int, part: String?
  ) async throws {
    try await effect("discard") { state in
      state.checkpoints[deployment] = state.checkpoints[deployment]?.filter { $0.key == seq }
      let parts = state.looks[deployment]?[seq]?.filter { $0.key == part }
      state.looks[deployment] = parts.map { [seq: $0] }
    }
  }
}

extension Incarnation: Trainer {
  package func ask(_ request: RetrainingRequest) async throws {
    try await effect("ask") { state in
      if state.isTrainerAway { throw World.Hiccup(what: "the trainer") }
      state.asked.append(request)
    }
  }
}
