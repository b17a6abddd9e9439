import Analysis
package import Control
package import Ledger
import Encoding
import Randomness
package import Rollouts
import Threads

/// Everything outside the controller, in memory: a repository, a ledger, a runtime that serves, clients
/// that send requests.
///
/// It is one machine; others share the ledger's remote alone.
/// It lives on when a controller dies, as the real one does.
package final class World: Sendable {
  struct State {
    var random: SplitMix64
    var commits: [(tip: Tip, files: [String: String])] = []
    var ledger: [SimulatedCommit] = []
    /// What the ledger's commits add up to.
    var files: [String: [UInt8]] = [:]
    var chains: [DeploymentName: Invariants.Chain] = [:]
    /// The rollouts on whose word other members of their groups have ended.
    var promised: [DeploymentName: Set<Int>] = [:]
    /// What whatever serves owes, the revisions that were promoted, those that have borne their load, and whom
    /// the last of them answers.
    var law: StrategyLaw?
    var promoted: [DeploymentName: Set<Revision.ID>] = [:]
    var borne: [DeploymentName: Set<Revision.ID>] = [:]
    var clients: [DeploymentName: Clients] = [:]
    /// What the runs read that are under way, of batch deployments.
    var runs: [DeploymentName: Revision.ID] = [:]
    /// How many of the ledger's commits the remote is known to have had; nil before any.
    var known: Int?
    /// The remote's commits as they were last seen; nil without a branch.
    var seen: [SimulatedCommit]?
    var isSourceAway = false
    var isRemoteAway = false
    var isDiskFull = false
    /// Whether nothing can be committed, while checkpoints can be written.
    var isLedgerLocked = false
    var isTrainerAway = false
    var asked: [RetrainingRequest] = []
    var lease: [Claim] = []
    var claims: [Claim] = []
    /// By the number of the record, and what is beside them by part.
    var checkpoints: [DeploymentName: [Int: [UInt8]]] = [:]
    var looks: [DeploymentName: [Int: [String: [String]]]] = [:]
    var plans: [DeploymentName: Plan] = [:]
    var servers: [DeploymentName: [Revision.ID: Server]] = [:]
    var inForce: [DeploymentName: Plan] = [:]
    var served: [DeploymentName: [Revision.ID: Counts]] = [:]
    /// How many of these were copies, whose answers reached no client.
    var copied: [DeploymentName: [Revision.ID: Int]] = [:]
    /// What the counters have forgotten of it, and how often they started again.
    var forgotten: [DeploymentName: [Revision.ID: (counts: Counts, times: Int)]] = [:]
    /// The counters as they stood when they stopped being told anew; nil while they are.
    var frozen: Counters?
    var servedUntil: Instant
    /// The percentage of requests that fail, by model version.
    var failurePercent: [String: Int] = [:]
    /// The header that all requests carry; nil when one in ten carries whichever is asked for.
    var carried: HeaderMatch?? = .some(nil)
    /// How many requests carry the header that is asked for, where some do.
    var carriers = PerMille(100)
    /// The model versions that do not load.
    var unloadable: Set<String> = []
    /// The model versions that do not bear a load.
    var unbearing: Set<String> = []
    /// How the servers of model versions ended by themselves.
    var serverCrashes: [String: Rollouts.Crash] = [:]
    var versions: [Revision.ID: String] = [:]
    /// What was ever asked to serve.
    var models: [Revision.ID: Revision] = [:]
    /// The effect that is a life's last one, whatever is drawn.
    var fatal: FatalEffect?
    var drifts = Drifts()
    var intake = SampleIntake()
    var areFaultsPaused = false
    var crashes = 0
    var incarnation = 0
    var violations: [String] = []
    var story: [String] = []

    /// Ends the controller's life.
    mutating func die() -> Crash {
      crashes += 1
      incarnation += 1
      return Crash()
    }

    /// Adds a commit to the machine's own ledger.
    mutating func append(_ commit: SimulatedCommit) {
      Invariants.check(commit.change, against: &self)
      ledger.append(commit)
      files.merge(commit.change.files) { $1 }
    }

    /// Who answers which share of the requests, of which some carry a header.
    func answered(by plan: Plan) -> [Plan.Share] {
      if let met = met(under: plan) { return [Plan.Share(revision: met, weight: .all)] }
      guard let match = plan.match else { return plan.shares }
      let chosen = carried.map { $0 == match.when ? PerMille.all : .none } ?? carriers
      let rest = plan.shares.map {
        Plan.Share(
          revision: $0.revision,
          weight: PerMille($0.weight.value * chosen.complement.value / 1000))
      }
      return rest + [Plan.Share(revision: match.revision, weight: chosen)]
    }
  }

  let state: Lock<State>
  let clock: SimulatedClock
  /// The name of the controller that runs here.
  package let instance: String
  /// The ledger's repository, which other machines may use as well.
  package let remote: RemoteLedger
  /// The key that the ledger says it is signed with.
  let signer: PublicKey?
  private let faults: Faults

  /// How often things go wrong: once in so many calls; 0 is never.
  package struct Faults: Sendable {
    package var crash: UInt64
    package var hiccup: UInt64

    fileprivate var areNone: Bool { crash == 0 && hiccup == 0 }

    package init(crash: UInt64, hiccup: UInt64) {
      self.crash = crash
      self.hiccup = hiccup
    }
  }

  /// Requests that clients send to each deployment in a second.
  static let requestsPerSecond = 50

  package init(
    seed: UInt64, clock: SimulatedClock, faults: Faults, signer: PublicKey? = nil,
    remote: RemoteLedger = RemoteLedger(), instance: String = "simulation"
  ) {
    self.clock = clock
    self.instance = instance
    self.remote = remote
    self.signer = signer
    self.faults = faults
    state = Lock(State(random: SplitMix64(seed: seed), servedUntil: clock.now))
  }

  // What the scenario does.

  /// Commits a whole set of manifests.
  package func commit(
    _ files: [String: String], message: String = "change", by author: String = "Ada"
  ) {
    state.withLock { state in
      let number = String(state.commits.count + 1)
      let commit = String(repeating: "0", count: 40 - number.count) + number
      let tip = Tip(
        commit: commit, author: "\(author) <\(author.lowercased())@example.org>", message: message,
        rewrittenFrom: nil)
      state.commits.append((tip, files))
    }
  }

  package func fail(_ percent: Int, ofRequestsTo version: String) {
    serve()
    state.withLock { $0.failurePercent[version] = percent }
  }

  /// Lets all requests carry a header from now on, or none.
  package func carry(_ header: HeaderMatch?) {
    serve()
    state.withLock { $0.carried = .some(header) }
  }

  /// Lets one request in ten, or another share, carry the header that is asked for.
  package func carrySome(_ share: PerMille = PerMille(100)) {
    serve()
    state.withLock { ($0.carried, $0.carriers) = (nil, share) }
  }

  /// Kills the server of a model version, which is there again at once.
  package func killServer(of version: String) {
    let now = clock.now
    state.withLock { state in
      state.serverCrashes[version] = Rollouts.Crash(
        count: (state.serverCrashes[version]?.count ?? 0) + 1, at: now, exitCode: nil, signal: 9,
        isOutOfMemory: false, detail: "loading the weights")
    }
  }

  /// Lets the counters of one revision start again from zero, and no others.
  package func restartCounters(of revision: Revision.ID, in name: DeploymentName) {
    serve()
    state.withLock { state in
      let times = state.forgotten[name]?[revision]?.times ?? 0
      let served = state.served[name]?[revision] ?? .none
      state.forgotten[name, default: [:]][revision] = (served, times + 1)
    }
  }

  /// Tells the same counters again and again from now on, or new ones.
  package func freezeCounters(_ areFrozen: Bool) {
    serve()
    let now = clock.now
    state.withLock { state in
      state.frozen = areFrozen ? state.frozen ?? state.counters(asOf: now) : nil
    }
  }

  /// Cuts the machine off from the manifests and from the ledger.
  package func takeRemoteAway(_ isAway: Bool) {
    state.withLock { ($0.isSourceAway, $0.isRemoteAway) = (isAway, isAway) }
  }

  /// Cuts the machine off from the ledger's remote alone.
  package func takeLedgerAway(_ isAway: Bool) { state.withLock { $0.isRemoteAway = isAway } }

  /// Leaves the controller no room for its ledger and its checkpoints.
  package func fillDisk(_ isFull: Bool) { state.withLock { $0.isDiskFull = isFull } }

  /// Lets no commit be made here, as where something keeps a lock of the repository.
  package func lockLedger(_ isLocked: Bool) { state.withLock { $0.isLedgerLocked = isLocked } }

  /// Lets whoever trains models answer nobody.
  package func takeTrainerAway(_ isAway: Bool) { state.withLock { $0.isTrainerAway = isAway } }

  /// Lets nothing go wrong by chance, until told otherwise.
  package func pauseFaults(_ arePaused: Bool) { state.withLock { $0.areFaultsPaused = arePaused } }

  /// Ends the controller's life at its next effect.
  package func kill() { state.withLock { _ = $0.die() } }

  /// Ends a controller's life at one effect of a kind, counted from the first one of all lives.
  package func kill(at number: Int, of kind: String, afterwards: Bool) {
    state.withLock { $0.fatal = FatalEffect(kind: kind, left: number, isAfterwards: afterwards) }
  }

  // What the checkers see.

  package var crashes: Int { state.withLock { $0.crashes } }
  /// What the trainer heard, as often as it heard it.
  package var asked: [RetrainingRequest] { state.withLock { $0.asked } }
  /// How many lives the controller has had.
  package var lives: Int { state.withLock { $0.incarnation } }
  package var violations: [String] { state.withLock { $0.violations } }
  /// The decisions that were recorded, as the titles of their commits.
  package var story: [String] { state.withLock { $0.story } }
  /// The commits of the ledger, oldest first.
  package var ledger: [LedgerChange] { state.withLock { $0.ledger }.map(\.change) }
  package var plansInForce: [DeploymentName: Plan] { state.withLock { $0.inForce } }
  package var isEverythingPublished: Bool { ledger == remote.commits }

  package func reader() -> LedgerReader {
    let files = state.withLock { $0.files }
    return LedgerReader(paths: files.keys.sorted()) { files[$0] }
  }

  /// Returns what a deployment's revisions really answered.
  package func served(_ name: DeploymentName) -> [Revision.ID: Int] {
    serve()
    return state.withLock { $0.served[name]?.mapValues(\.requests) ?? [:] }
  }

  /// Returns what clients were answered by a deployment's revisions.
  package func answered(_ name: DeploymentName) -> [Revision.ID: Int] {
    let served = served(name)
    let copied = state.withLock { $0.copied[name] ?? [:] }
    return served.merging(copied) { $0 - $1 }.filter { $0.value > 0 }
  }

  /// Returns how many requests a deployment's revisions got copies of.
  package func copies(_ name: DeploymentName) -> Int {
    serve()
    return state.withLock { $0.copied[name]?.values.reduce(0, +) ?? 0 }
  }

  // What happens by itself.

  /// Sends the requests of the time since the last call through the plans in force.
  func serve() {
    let now = clock.now
    state.withLock { state in
      guard now > state.servedUntil else { return }
      for name in state.plans.keys.sorted() {
        state.run(name, at: now)
        state.deliver(to: name, at: now)
      }
      let elapsed = Int(now.since(state.servedUntil).inMilliseconds)
      state.servedUntil = now
      for name in state.inForce.keys.sorted() {
        guard let plan = state.inForce[name], plan.serving == .online || state.runs[name] != nil
        else { continue }
        for share in state.answered(by: plan) { _ = answer(share, of: name, elapsed, &state) }
        if let mirror = plan.mirror {
          let copies = answer(mirror, of: name, elapsed, &state)
          state.copied[name, default: [:]][mirror.revision, default: 0] += copies
        }
      }
    }
  }

  /// Lets a revision answer its share, and returns how many requests that were.
  private func answer(
    _ share: Plan.Share, of name: DeploymentName, _ elapsed: Int, _ state: inout State
  ) -> Int {
    let expected = elapsed * Self.requestsPerSecond * share.weight.value
    let isOneMore = Int(state.random.next() % 1_000_000) < expected % 1_000_000
    let requests = expected / 1_000_000 + (isOneMore ? 1 : 0)
    let percent = state.failurePercent[state.versions[share.revision] ?? ""] ?? 0
    let errors =
      percent == 0
      ? 0 : (0..<requests).count { _ in Int(state.random.next() % 100) < percent }
    let tenants = state.answerTenants(requests, by: share.revision)
    let ofTenants = tenants.reduce(0) { $0 + $1.errors }
    let old = state.served[name]?[share.revision] ?? .none
    let latency = Histogram(
      edges: [250], counts: [(old.latency.counts.first ?? 0) + requests, 0])
    state.served[name, default: [:]][share.revision] = Counts(
      requests: old.requests + requests, errors: old.errors + max(errors, ofTenants),
      latency: latency)
    state.sample(requests, of: name, by: share.revision)
    state.count(tenants, of: name, by: share.revision)
    return requests
  }

  // What goes wrong.

  /// Marks the edge of an effect: the controller may die here, or the call may fail.
  ///
  /// - Parameters:
  ///   - what: The call, for people.
  ///   - incarnation: The life that calls.
  ///   - rarity: How many such calls are one: many small reads of a disk are as risky as one call.
  /// - Throws: `Crash` or `Hiccup`.
  func boundary(_ what: String, of incarnation: Int, rarity: UInt64 = 1) throws {
    try state.withLock { state in
      guard incarnation == state.incarnation else { throw Crash() }
      if state.fatal?.happens(what, afterwards: false) == true { throw state.die() }
      if state.areFaultsPaused || faults.areNone { return }
      guard rarity == 1 || state.random.happens(onceIn: rarity) else { return }
      if faults.crash > 0, state.random.happens(onceIn: faults.crash) { throw state.die() }
      if faults.hiccup > 0, state.random.happens(onceIn: faults.hiccup) { throw Hiccup(what: what) }
    }
  }

  /// The same after the effect: only a crash can follow it.
  func afterwards(_ what: String, of incarnation: Int) throws {
    try state.withLock { state in
      if state.fatal?.happens(what, afterwards: true) == true { throw state.die() }
      guard faults.crash > 0, !state.areFaultsPaused, state.random.happens(onceIn: faults.crash)
      else { return }
      throw state.die()
    }
  }

  /// An effect that no life outlives.
  struct FatalEffect {
    let kind: String
    /// How many of the kind are still to come, this one included.
    var left: Int
    let isAfterwards: Bool

    /// Whether it is this one, of which one edge is at hand.
    mutating func happens(_ what: String, afterwards: Bool) -> Bool {
      guard what == kind, afterwards == isAfterwards else { return false }
      left -= 1
      return left == 0
    }
  }

  struct Crash: Error, CustomStringConvertible { let description = "the controller is dead" }
  struct Hiccup: Error, CustomStringConvertible {
    let what: String
    var description: String { "\(what) failed" }
  }
}
