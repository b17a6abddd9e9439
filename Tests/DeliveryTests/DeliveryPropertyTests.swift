import Delivery
import Randomness
import Rollouts
import Testing

/// Deliveries in a yard where plans, revisions and runtimes do what the seed says.
@Suite struct DeliveryPropertyTests {
  /// Whatever is ordered on the way and however often the runtime dies: a revision with traffic is never
  /// unloaded, traffic moves to what is ready alone, what is unloaded was drained, and in the end all is
  /// as it was ordered last.
  @Test(arguments: UInt64(0)..<500)
  func everythingEndsAtThePlan(seed: UInt64) {
    var yard = Yard(seed: seed)
    for _ in 0..<200 { yard.happen() }
    yard.settle()
    #expect(yard.violations == [], "seed \(seed)")
    #expect(yard.delivery.work == [], "seed \(seed)")
    #expect(yard.stock.routing == yard.order.routing, "seed \(seed)")
    #expect(Set(yard.stock.holdings.keys) == Set(yard.order.loaded.map(\.id)), "seed \(seed)")
  }

  /// The yard does not pass because nothing happens in it.
  @Test func everyDeedIsDone() {
    var done: [String: Int] = [:]
    for seed in UInt64(0)..<50 {
      var yard = Yard(seed: seed)
      for _ in 0..<200 { yard.happen() }
      done.merge(yard.done) { $0 + $1 }
    }
    for deed in ["load", "recall", "shift", "drain", "unload"] {
      #expect(done[deed, default: 0] > 50, "\(done)")
    }
  }
}

/// A runtime of one deployment, as simple as one can be.
struct Yard {
  private var random: SplitMix64
  private(set) var order = Delivery.Order(loaded: [], routing: Case.routing("", 0), replicas: 1)
  private(set) var stock = Stock()
  private var known: [Revision] = []
  private(set) var violations: [String] = []
  private(set) var done: [String: Int] = [:]

  private static let drainTimeout = Duration.seconds(10)

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  var delivery: Delivery {
    Delivery(order, known: known, stock: stock, drainTimeout: Self.drainTimeout)
  }

  /// Lets one thing happen.
  mutating func happen() {
    switch random.next() % 20 {
    case 0: takeOrder()
    case 1: restart()
    case 2: stock.isInForce = false
    case 3...6: changeReadiness()
    case 7...8: pass(.seconds(3))
    case 9: finishUnloading()
    case 10: loseServers()
    default: doWork()
    }
  }

  /// Lets everything come to its end: what is loaded becomes ready, time passes, work is done.
  mutating func settle() {
    for _ in 0..<50 {
      for revision in stock.holdings.keys { stock.holdings[revision]?.isReady = true }
      pass(.seconds(3))
      finishUnloading()
      doWork()
    }
  }

  private mutating func takeOrder() {
    let names = ["a", "b", "c", "d"].filter { _ in random.happens(onceIn: 2) }
    let busy = names.filter { _ in random.happens(onceIn: 2) }
    let idle = names.filter { !busy.contains($0) }
    let mirror = busy.isEmpty || random.happens(onceIn: 2) ? nil : idle.first
    let before = order.loaded + known
    order = Delivery.Order(
      loaded: names.map(Case.revision),
      routing: Case.routing(
        busy.joined(separator: "+")
          + (mirror.map { random.happens(onceIn: 2) ? ">\($0)" : "?\($0)" } ?? ""),
        order.routing.generation + 1),
      replicas: 1 + Int(random.next() % 2))
    known = Delivery.kept(of: before, beside: order.loaded, under: stock.routing)
  }

  /// What was written down is all that is left: what has begun to end begins again, or is over.
  private mutating func restart() {
    finishUnloading()
    for revision in stock.holdings.keys { stock.holdings[revision]?.ending = nil }
  }

  private mutating func changeReadiness() {
    guard let revision = stock.holdings.keys.sorted().randomElement(using: &random) else { return }
    stock.holdings[revision]?.isReady.toggle()
  }

  /// A machine dies, with all that is on it.
  private mutating func loseServers() {
    guard let revision = stock.holdings.keys.sorted().randomElement(using: &random) else { return }
    stock.holdings[revision] = nil
  }

  private mutating func pass(_ time: Duration) {
    for (revision, holding) in stock.holdings {
      guard case .draining(let before, _) = holding.ending else { continue }
      stock.holdings[revision]?.ending = .draining(for: before + time, isIdle: false)
    }
    for revision in stock.holdings.keys.sorted() where random.happens(onceIn: 4) {
      guard case .draining(let before, _) = stock.holdings[revision]?.ending else { continue }
      stock.holdings[revision]?.ending = .draining(for: before, isIdle: true)
    }
  }

  private mutating func finishUnloading() {
    stock.holdings = stock.holdings.filter { $0.value.ending != .unloading }
  }

  /// Does all that is due, some of it only later.
  private mutating func doWork() {
    for work in delivery.work where work.isDue && !random.happens(onceIn: 5) {
      guard delivery.due.contains(work.deed) else { continue }
      done[String(work.deed.text.prefix { $0 != " " }), default: 0] += 1
      check(work.deed)
      carryOut(work.deed)
    }
  }

  private mutating func carryOut(_ deed: Work.Deed) {
    switch deed {
    case .load(let revision):
      stock.holdings[revision.id, default: Holding(isReady: false)].servers = order.replicas
    case .recall(let revision): stock.holdings[revision]?.ending = nil
    case .shift(let routing):
      (stock.routing, stock.isInForce) = (routing, true)
      known = Delivery.kept(of: known, beside: order.loaded, under: routing)
    case .drain(let revision):
      stock.holdings[revision]?.ending = .draining(for: .zero, isIdle: false)
    case .unload(let revision): stock.holdings[revision]?.ending = .unloading
    }
  }

  private mutating func check(_ deed: Work.Deed) {
    switch deed {
    case .load(let revision):
      require(stock.holdings[revision.id]?.ending != .unloading, deed, "it is being unloaded")
    case .recall: break
    case .shift(let routing): checkShift(to: routing, deed)
    case .drain(let revision):
      require(!stock.busy.contains(revision), deed, "it has traffic")
      require(stock.holdings[revision]?.ending == nil, deed, "it ends already")
    case .unload(let revision):
      require(!stock.busy.contains(revision), deed, "it has traffic")
      require(isDrained(revision), deed, "it was not drained")
    }
  }

  /// A revision that gets traffic, or more of it, is ready.
  private mutating func checkShift(to routing: Routing, _ deed: Work.Deed) {
    for share in routing.shares + [routing.mirror, routing.chosen].compactMap(\.self) {
      let before =
        [stock.routing?.mirror, stock.routing?.chosen].compactMap(\.self)
        + (stock.routing?.shares ?? [])
      guard before.allSatisfy({ $0.revision != share.revision || $0.weight < share.weight })
      else { continue }
      let holding = stock.holdings[share.revision]
      require(holding?.isReady == true && holding?.ending == nil, deed, "one is not ready")
    }
  }

  private func isDrained(_ revision: Revision.ID) -> Bool {
    guard case .draining(let time, let isIdle) = stock.holdings[revision]?.ending else {
      return false
    }
    return isIdle || time >= Self.drainTimeout
  }

  private mutating func require(_ condition: Bool, _ deed: Work.Deed, _ message: String) {
    if !condition { violations.append("\(deed.text): \(message)") }
  }
}

extension Routing {
  /// What a header chooses, as if it were a share that cannot grow.
  fileprivate var chosen: Plan.Share? {
    match.map { Plan.Share(revision: $0.revision, weight: PerMille(100)) }
  }
}
