import Delivery
import Rollouts
import Testing

/// What a runtime is to do, by what it has and what is asked of it.
@Suite struct DeliveryTests {
  static let second: Holding.Ending = .draining(for: .seconds(1), isIdle: false)

  /// All that is left is listed, in an order in which it can be done, and with what it waits for.
  ///
  /// A revision is named by a letter, traffic as "a" or "a+b", and as "a>b" when b gets copies.
  @Test(
    arguments: [
      Case(
        "the first revision", wants: "a", traffic: "a", has: [:],
        ["load a", "shift 2 a: ready a"]),
      Case(
        "it is loading", wants: "a", traffic: "a", has: ["a": .loading], ["shift 2 a: ready a"]),
      Case("it is ready", wants: "a", traffic: "a", has: ["a": .ready], ["shift 2 a"]),
      Case(
        "all is as it should be", wants: "a", traffic: "a", has: ["a": .ready], told: "a", in: 2,
        []),
      Case(
        "a successor", wants: "b", traffic: "b", has: ["a": .ready], told: "a",
        ["load b", "shift 2 b: ready b", "drain a: shifted", "unload a: drained a 30"]),
      Case(
        "a successor that is ready", wants: "b", traffic: "b", has: ["a": .ready, "b": .ready],
        told: "a", ["shift 2 b", "drain a: shifted", "unload a: drained a 30"]),
      Case(
        "a successor that answers", wants: "b", traffic: "b", has: ["a": .ready, "b": .ready],
        told: "b", in: 2, ["drain a", "unload a: drained a 30"]),
      Case(
        "a predecessor that drains", wants: "b", traffic: "b",
        has: ["a": .ending(second), "b": .ready], told: "b", in: 2, ["unload a: drained a 29"]),
      Case(
        "a predecessor that is idle", wants: "b", traffic: "b",
        has: ["a": .ending(.draining(for: .seconds(1), isIdle: true)), "b": .ready], told: "b",
        in: 2, ["unload a"]),
      Case(
        "a predecessor that had its time", wants: "b", traffic: "b",
        has: ["a": .ending(.draining(for: .seconds(30), isIdle: false)), "b": .ready], told: "b",
        in: 2, ["unload a"]),
      Case(
        "a predecessor that is being unloaded", wants: "b", traffic: "b",
        has: ["a": .ending(.unloading), "b": .ready], told: "b", in: 2, []),
    ])
  func forwards(row: Case) { #expect(row.work == row.expected) }

  /// The way back, and what is changed on the way.
  @Test(
    arguments: [
      Case(
        "called back while it drains", wants: "ab", traffic: "a",
        has: ["a": .ending(second), "b": .ready], told: "b",
        ["recall a", "shift 2 a: ready a"]),
      Case(
        "too late to be called back", wants: "a", traffic: "a",
        has: ["a": .ending(.unloading), "b": .ready], told: "b",
        ["load a: unloaded a", "shift 2 a: ready a", "drain b: shifted", "unload b: drained b 30"]
      ),
      Case(
        "a candidate that never had traffic goes at once", wants: "ac", traffic: "a",
        has: ["a": .ready, "b": .loading], told: "a",
        ["load c", "shift 2 a", "drain b", "unload b: drained b 30"]),
      Case(
        "a split of which one half is not ready", wants: "ab", traffic: "a+b",
        has: ["a": .ready, "b": .loading], told: "a", ["shift 2 a+b: ready b"]),
      Case(
        "a generation that moves nothing waits for nothing", wants: "a", traffic: "a",
        has: ["a": .loading], told: "a", ["shift 2 a"]),
      Case(
        "a data plane that is away is told again", wants: "a", traffic: "a", has: ["a": .loading],
        told: "a", in: 2, isInForce: false, ["shift 2 a"]),
      Case(
        "nothing is to answer", wants: "", traffic: "", has: ["a": .ready], told: "a",
        ["shift 2 ", "drain a: shifted", "unload a: drained a 30"]),
      Case(
        "another number of servers", wants: "a", traffic: "a", has: ["a": .ready], told: "a", in: 2,
        replicas: 2, ["load a"]),
      Case(
        "servers that were lost while they have traffic", wants: "b", traffic: "b", has: [:],
        told: "a", known: "a", ["load b", "load a", "shift 2 b: ready b"]),
      Case(
        "traffic that is about to lose its revision", wants: "b", traffic: "b",
        has: ["a": .ending(second), "b": .loading], told: "a",
        ["recall a", "shift 2 b: ready b", "drain a: shifted", "unload a: drained a 30"]),
    ])
  func backwards(row: Case) { #expect(row.work == row.expected) }

  /// A candidate that gets copies is as busy as one that answers: nothing is copied to it before it is ready, it is
  /// not unloaded under them, and to leave it waits for no revision.
  @Test(
    arguments: [
      Case(
        "copies for a candidate that is loading", wants: "ab", traffic: "a>b",
        has: ["a": .ready, "b": .loading], told: "a", ["shift 2 a>b: ready b"]),
      Case(
        "copies for a candidate that is ready", wants: "ab", traffic: "a>b",
        has: ["a": .loading, "b": .ready], told: "a", ["shift 2 a>b"]),
      Case(
        "all is copied as it should be", wants: "ab", traffic: "a>b",
        has: ["a": .ready, "b": .ready], told: "a>b", in: 2, []),
      Case(
        "a candidate begins to answer", wants: "ab", traffic: "a+b",
        has: ["a": .ready, "b": .ready], told: "a>b", ["shift 2 a+b"]),
      Case(
        "a candidate that failed among copies", wants: "a", traffic: "a",
        has: ["a": .loading, "b": .ready], told: "a>b",
        ["shift 2 a", "drain b: shifted", "unload b: drained b 30"]),
      Case(
        "another candidate", wants: "ac", traffic: "a>c", has: ["a": .ready, "b": .ready],
        told: "a>b",
        ["load c", "shift 2 a>c: ready c", "drain b: shifted", "unload b: drained b 30"]),
      Case(
        "servers that were lost among copies", wants: "a", traffic: "a", has: ["a": .ready],
        told: "a>b", known: "b", ["load b", "shift 2 a"]),
    ])
  func mirrored(row: Case) { #expect(row.work == row.expected) }

  /// A candidate that a header chooses is awaited and drained as one that has a share.
  @Test(
    arguments: [
      Case(
        "a header for a candidate that is loading", wants: "ab", traffic: "a?b",
        has: ["a": .ready, "b": .loading], told: "a", ["shift 2 a?b: ready b"]),
      Case(
        "all is chosen as it should be", wants: "ab", traffic: "a?b",
        has: ["a": .ready, "b": .ready], told: "a?b", in: 2, []),
      Case(
        "the switch after a preview", wants: "ab", traffic: "b", has: ["a": .ready, "b": .ready],
        told: "a?b", ["shift 2 b"]),
      Case(
        "a candidate that failed in a preview", wants: "a", traffic: "a",
        has: ["a": .loading, "b": .ready], told: "a?b",
        ["shift 2 a", "drain b: shifted", "unload b: drained b 30"]),
    ])
  func chosen(row: Case) { #expect(row.work == row.expected) }

  /// A revision with traffic is kept until the traffic has moved, and no other.
  @Test func keptIsWhatHasTraffic() {
    let (a, b, c) = (Case.revision("a"), Case.revision("b"), Case.revision("c"))
    let routing = Case.routing("a+c", 1)
    #expect(Delivery.kept(of: [a, b, c], beside: [c], under: routing) == [a])
    #expect(Delivery.kept(of: [a, b, c], beside: [], under: Case.routing("a>b", 1)) == [a, b])
    #expect(Delivery.kept(of: [a, b, c], beside: [], under: nil) == [])
  }

  /// A share of nothing is no traffic.
  @Test func emptySharesAreNoTraffic() {
    let routing = Routing(
      generation: 1,
      shares: [
        Plan.Share(revision: Revision.ID("a"), weight: .all),
        Plan.Share(revision: Revision.ID("b"), weight: .none),
      ], mirror: Plan.Share(revision: Revision.ID("c"), weight: .none), sampling: .none)
    #expect(routing.revisions == [Revision.ID("a")] && routing.mirror == nil)
  }
}

/// One row of the tables.
struct Case: CustomTestStringConvertible, Sendable {
  let name: String
  let delivery: Delivery
  let expected: [String]

  var testDescription: String { name }
  var work: [String] { delivery.work.map(\.text) }

  init(
    _ name: String, wants: String, traffic: String, has: [String: Holding], told: String? = nil,
    in generation: Int = 1, isInForce: Bool = true, replicas: Int = 1, known: String = "",
    _ expected: [String]
  ) {
    self.name = name
    self.expected = expected
    let holdings = has.map { (Revision.ID($0.key), $0.value) }
    delivery = Delivery(
      Delivery.Order(
        loaded: wants.map { Self.revision("\($0)") }, routing: Self.routing(traffic, 2),
        replicas: replicas),
      known: known.map { Self.revision("\($0)") },
      stock: Stock(
        holdings: Dictionary(uniqueKeysWithValues: holdings),
        routing: told.map { Self.routing($0, generation) }, isInForce: isInForce),
      drainTimeout: .seconds(30))
  }

  static func revision(_ name: String) -> Revision {
    Revision(
      id: Revision.ID(name),
      model: Model(
        version: name, uri: "file:///\(name)", digest: nil, format: "fake", smoke: nil, retry: 0))
  }

  static func routing(_ text: String, _ generation: Int) -> Routing {
    let halves = text.split(separator: "?", omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: ">", omittingEmptySubsequences: false)
    let names = parts[0].split(separator: "+")
    return Routing(
      generation: generation,
      shares: names.map {
        Plan.Share(revision: Revision.ID(String($0)), weight: PerMille(1000 / names.count))
      },
      mirror: parts.dropFirst().first.map {
        Plan.Share(revision: Revision.ID(String($0)), weight: PerMille(100))
      },
      match: halves.dropFirst().first.map {
        Plan.Match(revision: Revision.ID(String($0)), when: .preview)
      }, sampling: .none)
  }
}

extension Holding {
  static let loading = Holding(isReady: false)
  static let ready = Holding(isReady: true)

  static func ending(_ ending: Ending) -> Holding { Holding(isReady: true, ending: ending) }
}

extension Work {
  /// "drain a: shifted".
  var text: String {
    awaits.isEmpty
      ? deed.text : "\(deed.text): \(awaits.map(\.text).joined(separator: ", "))"
  }
}

extension Work.Deed {
  var text: String {
    switch self {
    case .load(let revision): "load \(revision.id)"
    case .recall(let revision): "recall \(revision)"
    case .shift(let routing):
      "shift \(routing.generation) "
        + routing.shares.map { "\($0.revision)" }.joined(separator: "+")
        + (routing.mirror.map { ">\($0.revision)" } ?? "")
        + (routing.match.map { "?\($0.revision)" } ?? "")
    case .drain(let revision): "drain \(revision)"
    case .unload(let revision): "unload \(revision)"
    }
  }
}

extension Work.Wait {
  fileprivate var text: String {
    switch self {
    case .ready(let revision): "ready \(revision)"
    case .shifted: "shifted"
    case .drained(let revision, let time): "drained \(revision) \(time.components.seconds)"
    case .unloaded(let revision): "unloaded \(revision)"
    }
  }
}
