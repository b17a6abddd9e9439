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

  /// Of two revisions the one that grows keeps the part of the sum that it had, wherever it stands: a gateway that hashes
  /// clients to a point of the sum takes none away from it.
  @Test(arguments: 0..<100 as Range<UInt64>) func whoGrowsKeepsItsPart(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let all = [Self.a, Self.b, Self.c]
    var slots = RouteSlots()
    for round in 0..<6 {
      let (stable, candidate) = (all[round % 3], all[(round + 1) % 3])
      var part: Range<Int>?
      for weight in [1, 40, 400, 999, 1000] {
        let shares = Self.shares([(stable, 1000 - weight), (candidate, weight)])
        let isLeft = random.next() % 2 == 0
        let staying = isLeft ? [stable, candidate] : Set(all)
        slots = slots.following(shares, chosen: nil, staying: staying)
        let now = Self.part(of: candidate, in: slots)
        #expect(now?.count == weight)
        if let part { #expect(now?.clamped(to: part) == part, "\(Self.text(slots))") }
        part = now
      }
    }
  }

  private static func part(of revision: Revision.ID, in slots: RouteSlots) -> Range<Int>? {
    guard let place = slots.place(of: revision) else { return nil }
    let before = slots.slots[..<place].reduce(0) { $0 + $1.weight }
    return before..<before + slots.slots[place].weight
  }
}
