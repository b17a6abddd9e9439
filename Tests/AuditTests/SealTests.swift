import Audit
import Foundation
import Golden
import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// Days are sealed, each seal says what its records come to, and another is found.
@Suite struct SealTests {
  /// The roots of the reference implementation of Certificate Transparency.
  @Test(
    arguments: [
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ].enumerated().map(Root.init))
  func rootsAreThoseOfTheStandard(root: Root) {
    let leaves: [[UInt8]] = [
      [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], Array(0x40...0x43), Array(0x50...0x57),
      Array(0x60...0x6F),
    ]
    var tree = MerkleTree()
    for leaf in leaves.prefix(root.leaves) { tree.append(leaf) }
    #expect(tree.root.hexadecimal == root.hexadecimal && tree.leaves == root.leaves)
  }

  struct Root: Sendable {
    let leaves: Int
    let hexadecimal: String
  }

  @Test(
    arguments: [
      (0, "1970-01-01"), (86_399_999, "1970-01-01"), (86_400_000, "1970-01-02"),
      (-1, "1969-12-31"), (1_790_244_000_000, "2026-09-24"), (951_782_400_000, "2000-02-29"),
    ] as [(Int64, String)])
  func days(milliseconds: Int64, text: String) {
    let day = Day(of: Instant(milliseconds: milliseconds))
    #expect(day.description == text && Day(text) == day && day.next.previous == day)
  }

  @Test(arguments: ["", "2026-9-24", "2026-02-30", "2026-09-24T00:00:00Z", "x"])
  func noDays(text: String) { #expect(Day(text) == nil) }

  // MARK: On a branch

  /// What a seal looks like in git, over a night and over days in which nobody was there.
  @Test func seals() throws {
    var head = LedgerHead()
    _ = try head.claim(by: Self.controller, at: Self.evening)
    #expect(!head.isSealDue(at: Self.evening) && head.end.ledgerSeq == 1)
    #expect(try head.seal(by: Self.controller, at: Self.evening) == nil)
    let first = try #require(try head.seal(by: Self.controller, at: Self.after(days: 1)))
    #expect(try head.seal(by: Self.controller, at: Self.after(days: 1)) == nil)
    let second = try #require(try head.seal(by: Self.controller, at: Self.after(days: 4)))
    let texts = [first, second].map { change in
      let files = change.files.map { "--- \($0.key)\n\(String(decoding: $0.value, as: UTF8.self))" }
      return change.message + "\n" + files.joined()
    }
    try expectGolden(texts.joined(separator: "\n"), "seals.txt")
  }

  private static let controller = ControllerIdentity(instance: "test", version: "0", life: "a")
  private static let evening = SimulatedClock.start.advanced(by: .seconds(13 * 3600))
  private static func after(days: Int64) -> Instant {
    evening.advanced(by: .seconds(86_400 * days))
  }

  /// A controller that works over midnight.
  private static let ledger = SmallLedger.changes(
    signer: Forgery.key.publicKey, start: SmallLedger.lateEvening)

  private static let place = ledger.firstIndex { $0.message.hasPrefix("seal ") } ?? 0

  @Test func aDayIsSealedBeforeTheNext() throws {
    #expect(Self.place > 2 && Self.place < Self.ledger.count - 2)
    #expect(firstFinding(in: try Forgery(Self.ledger).commits(), try Forgery.signers()) == nil)
    var review = SealReview()
    for commit in try Forgery(Self.ledger).commits() { try review.add(commit) }
    #expect(review.items.map(\.isTrue) == [true])
    #expect(review.items.first?.seal.records == Self.place)
    #expect(review.unsealed == Self.ledger.count - Self.place - 1)
  }

  /// Going on from the files finds the end as it was.
  @Test(arguments: [0, 1, 3, ledger.count - 1])
  func theEndIsReadBack(index: Int) async throws {
    var files: [String: [UInt8]] = [:]
    for change in Self.ledger[...index] { files.merge(change.files) { $1 } }
    let reader = LedgerReader(paths: files.keys.sorted()) { [files] in files[$0] }
    var audit = LedgerAudit(signers: try Forgery.signers())
    for commit in try Forgery(Self.ledger).commits()[...index] { try audit.check(commit) }
    #expect(try await reader.end() == audit.end)
  }

  /// Whoever has the key can write a seal that is not true, or leave it for later: both are found.
  @Test(arguments: ["root", "first", "gaps", "to", "verdicts", "prev"])
  func otherSealsAreFound(field: String) throws {
    var forgery = Forgery(Self.ledger)
    try forgery.rewriteSeal(Self.place, field)
    let finding = firstFinding(in: try forgery.commits(), try Forgery.signers())
    #expect(finding?.kind == .seal && finding?.ledgerSeq == Self.place + 1)
    var review = SealReview()
    for commit in try forgery.commits() { try review.add(commit) }
    #expect(review.items.map(\.isTrue) == [false])
  }

  @Test func aMissingSealIsFound() throws {
    var forgery = Forgery(Self.ledger)
    forgery.drafts.remove(at: Self.place)
    try forgery.rewrite(Self.place) { $0["ledgerSeq"] = .number(Self.place + 1) }
    let finding = firstFinding(in: try forgery.commits(), try Forgery.signers())
    #expect(finding?.kind == .seal && finding?.ledgerSeq == Self.place + 1)
  }
}

extension Forgery {
  /// Changes one field of a seal, its place and its message with it.
  fileprivate mutating func rewriteSeal(_ index: Int, _ field: String) throws {
    let other: [String: JSONValue] = [
      "root": .string(Digest(of: [1]).description), "first": 2, "gaps": [2], "to": "2026-09-25",
      "verdicts": ["advance": 1], "prev": .string(Digest(of: [1]).description),
    ]
    let old = try #require(drafts[index].changes.first)
    guard case .object(var members) = try JSONValue(parsing: old.contents) else { return }
    members[field] = other[field]
    let bytes = JSONValue.object(members).file
    let seal = try JSONDecoder().decode(Seal.self, from: Data(bytes))
    drafts[index].changes = [
      FileChange(path: seal.path, kind: .added, isPlain: true, contents: bytes)
    ]
    drafts[index].message =
      CommitMessage(seal, digest: Digest(of: bytes).description).description
  }
}
