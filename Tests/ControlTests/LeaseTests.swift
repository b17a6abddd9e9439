import Control
import Ledger
import Rollouts
import Testing

/// From when and until when a life may raise risk.
@Suite struct LeaseTests {
  private static func moment(_ seconds: Int) -> Instant {
    Instant(milliseconds: Int64(seconds) * 1000)
  }

  /// A lease of 60 seconds whose claim was published at 100, and confirmed at some moments.
  private static func lease(quiet: Int, confirmed: [Int]) -> Lease {
    var lease = Lease(
      of: Claim(epoch: 2, life: "two"), publishedAt: moment(100),
      confirmedAt: confirmed.first.map(moment), length: .seconds(60),
      quiet: quiet == 0 ? nil : .seconds(quiet))
    for second in confirmed.dropFirst() { lease.confirm(moment(second)) }
    return lease
  }

  @Test(
    arguments: [
      // None can be alive: at once, until a lease after the beginning of the last exchange.
      (0, [99], [99: false, 100: true, 159: true, 160: false]),
      (0, [99, 130], [160: true, 190: true, 191: false]),
      // Another may be alive: its lease and ten seconds of grace are waited for.
      (60, [99, 165], [100: false, 169: false, 170: true, 225: true, 226: false]),
      // The wait does not replace the confirmation.
      (60, [99], [170: false]), (0, [], [100: false, 101: false]),
      // It is held again once it is confirmed again, since nobody took over meanwhile.
      (0, [99, 300], [300: true, 360: true, 361: false]),
    ] as [(Int, [Int], [Int: Bool])])
  func isHeld(quiet: Int, confirmed: [Int], held: [Int: Bool]) {
    let lease = Self.lease(quiet: quiet, confirmed: confirmed)
    for (second, isHeld) in held.sorted(by: { $0.key < $1.key }) {
      #expect(lease.isHeld(at: Self.moment(second)) == isHeld, "at \(second)")
    }
  }

  @Test func theQuietTimeIsTold() {
    let lease = Self.lease(quiet: 60, confirmed: [99])
    #expect(lease.quietUntil(at: Self.moment(169)) == Self.moment(170))
    #expect(lease.quietUntil(at: Self.moment(170)) == nil)
    #expect(Self.lease(quiet: 0, confirmed: [99]).quietUntil(at: Self.moment(100)) == nil)
  }

  /// Three more tries fit into a lease after the first.
  @Test(arguments: [(nil, 0, true), (0, 14, false), (0, 15, true)] as [(Int?, Int, Bool)])
  func confirmationsAreDue(last: Int?, now: Int, isDue: Bool) {
    #expect(
      Lease.isConfirmationDue(
        last.map(Self.moment), length: .seconds(60), at: Self.moment(now)) == isDue)
  }
}
