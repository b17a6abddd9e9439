import Randomness
import Rollouts
import Testing

@testable import ClusterRuntime

/// Places of backends: a gateway counts by them, so that none changes hands while it has traffic.
@Suite struct RouteSlotsTests {
  private static let a = Revision.ID("aaaaaaaaaa")
  private static let b = Revision.ID("bbbbbbbbbb")
  private static let c = Revision.ID("cccccccccc")

  private static func shares(_ weights: [(Revision.ID, Int)]) -> [Plan.Share] {
    weights.map { Plan.Share(revision: $0.0, weight: PerMille($0.1)) }
  }

  private static func text(_ slots: RouteSlots) -> String {
    slots.slots.map { "\($0.revision.map { String($0.description.prefix(1)) } ?? "-")\($0.weight)" }
      .joined(separator: " ")
  }

  /// A whole life: a first revision, a canary that wins, one that loses, and the next.
  @Test func aPlaceIsKeptWhileItsRevisionIsThere() {
    let steps: [(shares: [(Revision.ID, Int)], staying: Set<Revision.ID>, expected: String)] = [
      ([(Self.a, 1000)], [Self.a], "a1000"),
      ([(Self.a, 950), (Self.b, 50)], [Self.a, Self.b], "a950 b50"),
      ([(Self.b, 1000)], [Self.a, Self.b], "a0 b1000"),
      ([(Self.b, 1000)], [Self.b], "-0 b1000"),
      ([(Self.b, 900), (Self.c, 100)], [Self.b, Self.c], "c100 b900"),
      ([(Self.b, 1000)], [Self.b, Self.c], "c0 b1000"),
      ([(Self.b, 1000)], [Self.b], "-0 b1000"),
      ([(Self.a, 1000)], [Self.a, Self.b], "a1000 b0"),
      ([(Self.a, 1000)], [Self.a], "a1000"),
    ]
    var slots = RouteSlots()
    for step in steps {
      slots = slots.following(Self.shares(step.shares), chosen: nil, staying: step.staying)
      #expect(Self.text(slots) == step.expected)
      #expect(
        slots.answering.map { answering in step.shares.contains { $0.0 == answering } } == true)
    }
  }

  /// Who is reached by a header alone has a place without a weight.
  @Test func aHeaderNeedsAPlace() {
    let first = RouteSlots([.init(revision: Self.a, weight: 1000)])
    let slots = first.following(
      Self.shares([(Self.a, 1000)]), chosen: Self.b, staying: [Self.a, Self.b])
    #expect(Self.text(slots) == "a1000 b0")
    let both = slots.following(
      Self.shares([(Self.a, 900), (Self.b, 100)]), chosen: Self.b, staying: [Self.a, Self.b])
    #expect(Self.text(both) == "a900 b100")
  }

  /// Whatever comes and goes: weights add up, each revision has one place, and keeps it while it is there.
  @Test(arguments: 0..<200 as Range<UInt64>) func placesNeverChangeHands(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let all = (0..<6).map { Revision.ID("\($0)\($0)\($0)\($0)\($0)\($0)\($0)\($0)\($0)\($0)") }
    var (slots, there) = (RouteSlots(), Set<Revision.ID>())
    for _ in 0..<30 {
      let first = all[Int(random.next() % 6)]
      let second = all[Int(random.next() % 6)]
      let weight = first == second ? 1000 : 1 + Int(random.next() % 999)
      let shares = Self.shares(
        first == second ? [(first, 1000)] : [(first, weight), (second, 1000 - weight)])
      let staying = there.filter { _ in random.next() % 3 > 0 }.union([first, second])
      let next = slots.following(shares, chosen: nil, staying: staying)
      #expect(next.slots.reduce(0) { $0 + $1.weight } == 1000)
      let placed = next.slots.compactMap(\.revision)
      #expect(Set(placed).count == placed.count && Set(placed).isSubset(of: staying))
      #expect(next.slots.count <= 16)
      for revision in staying where slots.place(of: revision) != nil {
        #expect(next.place(of: revision) == slots.place(of: revision))
      }
      (slots, there) = (next, staying)
    }
  }
}
