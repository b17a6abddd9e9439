import Control
import Encoding
import Ledger
import Manifests
import Rollouts
import Testing

/// When another controller's lease is over.
@Suite struct VigilTests {
  /// A look at the remote: when it was asked, in seconds, how long it took to answer, and what it showed.
  struct Look: Sendable {
    let asked: Int64
    let took: Int64
    let branch: String?
    let life: String?

    init(_ asked: Int64, took: Int64 = 0, _ branch: String? = "a", _ life: String? = nil) {
      (self.asked, self.took, self.branch, self.life) = (asked, took, branch, life)
    }
  }

  private static func moment(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }

  /// The owner promised 60 seconds, and the first look was at 0.
  @Test(
    arguments: [
      // Silence, seen in time, and too early.
      ([Look(59)], false, 60), ([Look(60)], true, 60), ([Look(30), Look(61)], true, 60),
      // Nobody looked meanwhile: the look that sees it still counts, and one that began before does not.
      ([Look(500)], true, 60), ([Look(59, took: 30)], false, 60),
      // A decision, and a sign of life; each begins the lease anew, from when it was answered.
      ([Look(50, "b"), Look(100, "b")], false, 110),
      ([Look(50, "b"), Look(110, "b")], true, 110),
      ([Look(50, took: 5, "a", "1"), Look(112, "a", "1")], false, 115),
      ([Look(50, "a", "1"), Look(90, "a", "2"), Look(149, "a", "2")], false, 150),
      ([Look(50, "a", "1"), Look(90, "a", "2"), Look(150, "a", "2")], true, 150),
      // A sign that comes late still counts while nothing was claimed.
      ([Look(60), Look(61, "b")], false, 121),
      // A branch that was deleted, and one that came back, are signs as well.
      ([Look(10, nil), Look(60, nil)], false, 70),
    ] as [([Look], Bool, Int64)])
  func leases(looks: [Look], isOver: Bool, until: Int64) throws {
    var vigil = try Self.vigil(lease: 60)
    for look in looks {
      vigil.note(
        Vigil.Sign(branch: look.branch, life: look.life), asked: Self.moment(look.asked),
        answered: Self.moment(look.asked + look.took))
    }
    #expect(vigil.isOver == isOver && vigil.until == Self.moment(until))
  }

  /// The longer of both leases counts, and nobody can be made to wait for ever.
  @Test(
    arguments: [(60, 60), (3600, 3600), (1, 30), (-5, 30), (Int64.max / 1000, 604_800)]
      as [(Int64, Int64)])
  func longerLeaseCounts(promised: Int64, counted: Int64) throws {
    #expect(try Self.vigil(lease: promised).lease == .seconds(counted))
  }

  private static func vigil(lease: Int64) throws -> Vigil {
    let record: JSONValue = [
      "schema": .string(Epoch.schema), "ledgerSeq": 1, "life": "x", "claimedAt": 0, "prev": .null,
      "controller": ["instance": "one", "version": "1", "epoch": 1], "lease": .int(lease * 1000),
    ]
    return Vigil(
      owner: try record.decoded(as: Epoch.self), lease: .seconds(30),
      sign: Vigil.Sign(branch: "a", life: nil), at: moment(0))
  }
}
