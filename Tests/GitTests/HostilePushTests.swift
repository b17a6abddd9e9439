import Control
import Foundation
import Git
import Ledger
import TestKit
import Testing

/// What one team pushes to take the others' manifests away: it is refused by name, and the rest is read.
///
/// One after the other: each keeps a server, a git and a python busy.
@Suite(.serialized) struct HostilePushTests {
  private var folder: URL { TemporaryFolder.current }

  /// The victim's manifest is read before the attack, and is in every commit after it.
  private func stage() throws -> (Upstream, HostileObjects) {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["payments/fraud.yaml": "victim"])
    return (upstream, HostileObjects(upstream: upstream))
  }

  /// A commit of 8 MB has a name, and is followed by nobody.
  ///
  /// The commits on top of it are, again and again, and nobody claims to know who changed what behind it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Way.allCases)
  func commitThatIsABombStopsNobody(way: Way) async throws {
    let (upstream, objects) = try stage()
    let host = try await Host(of: upstream, over: way)
    let source = try host.source()
    let before = try #require(try await source.fetch()).commit
    let bomb = try objects.bombCommit(8 << 20)
    // The last one starts while the bomb is there.
    for source in [source, source, try host.source()] {
      let tip = try #require(try await source.fetch())
      #expect(tip.commit == before && tip.refusal?.commit == bomb, "\(tip)")
      let words = "the commit \(bomb) has 8388608 bytes"
      #expect(tip.refusal?.reason.contains(words) == true, "\(tip)")
    }
    for number in 0..<2 {
      let blob = try objects.bomb("blob", "new \(number)", filledTo: 5)
      let tip = try objects.commit(objects.rootWith(["100644 blob \(blob)\tnew\(number).yaml"]))
      let seen = try #require(try await source.fetch())
      #expect(seen.commit == tip && seen.refusal == nil && seen.rewrittenFrom == nil)
      let paths = try await source.entries(at: tip).map(\.path)
      #expect(paths.count == 2 + number && paths.contains("payments/fraud.yaml"))
      let changes = try await source.changes(of: ["new0.yaml"], since: before, until: tip)
      #expect(changes.listed.count == 1 && changes.more == nil)
      #expect(try await source.lastChanges(of: "new0.yaml", since: before, until: tip) == nil)
    }
    withExtendedLifetime(host) {}
  }

  /// A bomb that comes together with what is on top of it is named, too.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Way.allCases)
  func commitBehindABombIsFollowed(way: Way) async throws {
    let (upstream, objects) = try stage()
    let host = try await Host(of: upstream, over: way)
    let source = try host.source()
    _ = try await source.fetch()
    let bomb = try objects.bombCommit(2 << 20)
    let tip = try objects.commit(objects.rootWith([]))
    let seen = try #require(try await source.fetch())
    #expect(seen.commit == tip && seen.unreadable?.commit == bomb)
    #expect(try await source.entries(at: tip).map(\.path) == ["payments/fraud.yaml"])
    withExtendedLifetime(host) {}
  }

  /// A file of 8 MB and a folder of 5 MB are refused where they lie.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Way.allCases)
  func filesAndFoldersAreRefusedAlone(way: Way) async throws {
    let (upstream, objects) = try stage()
    let blob = try upstream.runBare(["rev-parse", "main:payments/fraud.yaml"])
    let file = try objects.bomb("blob", "a", filledTo: 8 << 20)
    let name = String(repeating: "a", count: 60)
    let crowd = (0..<60_000).map { "100644 blob \(blob)\t\(name)\(100_000 + $0)" }
    let tree = try objects.folder(crowd)
    let root = try objects.rootWith(["100644 blob \(file)\tevil.yaml", "040000 tree \(tree)\tevil"])
    let tip = try objects.commit(root)
    let host = try await Host(of: upstream, over: way)
    let source = try host.source()
    #expect(try await source.fetch()?.commit == tip)
    let entries = try await source.entries(at: tip)
    #expect(entries.map(\.path) == ["evil", "evil.yaml", "payments/fraud.yaml"])
    #expect(entries[0].isUnreadFolder, "\(entries[0])")
    #expect(entries[1].kind != .file || entries[1].size == 8 << 20)
    await #expect(throws: GitError.self) { _ = try await source.read(entries[1].blob) }
    #expect(try await source.read(entries[2].blob) == Array("victim".utf8))
    withExtendedLifetime(host) {}
  }

  /// A folder that is none, and one with a name that would be taken for another folder's.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func brokenFoldersAreRefusedAlone() async throws {
    let (upstream, objects) = try stage()
    let blob = try upstream.runBare(["rev-parse", "main:payments/fraud.yaml"])
    let broken = try objects.bomb("tree", "no folder", filledTo: 9)
    let slash = try objects.brokenFolder([("100644", "b/c.yaml", blob), ("100644", "d.yaml", blob)])
    let tip = try objects.commit(
      objects.rootWith(["040000 tree \(broken)\tevil-a", "040000 tree \(slash)\tevil-b"]))
    let source = try await Host(of: upstream, over: .file).source()
    #expect(try await source.fetch()?.commit == tip)
    let entries = try await source.entries(at: tip)
    #expect(
      entries.map(\.path) == ["evil-a", "evil-b", "evil-b/d.yaml", "payments/fraud.yaml"])
    #expect(entries.prefix(2).allSatisfy { $0.isUnreadFolder }, "\(entries)")
  }

  /// A folder of 100,001 files beside the victim's, and below it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: ["", "teams/"])
  func crowdedFolderHidesNothing(parent: String) async throws {
    let (upstream, objects) = try stage()
    let blob = try upstream.runBare(["rev-parse", "main:payments/fraud.yaml"])
    let payments = try upstream.runBare(["rev-parse", "main:payments"])
    var crowd = (0..<100_001).map { "100644 blob \(blob)\ta\(100_000 + $0).yaml" }
    crowd.append("040000 tree \(payments)\tzebra")
    var entries = ["040000 tree \(try objects.folder(crowd))\taaa"]
    entries.append("040000 tree \(payments)\tzzz")
    let root = try objects.folder(entries)
    let tip = try objects.commit(
      parent.isEmpty ? root : objects.folder(["040000 tree \(root)\tteams"]))
    let source = try await Host(of: upstream, over: .file).source()
    _ = try await source.fetch()
    let found = try await source.entries(at: tip)
    let files = Set(found.filter { $0.kind == .file }.map(\.path))
    #expect(files.contains("\(parent)zzz/fraud.yaml"))
    #expect(files.contains("\(parent)aaa/zebra/fraud.yaml") && files.count == 20_002)
    #expect(found.filter { $0.kind != .file }.map(\.path) == ["\(parent)aaa"])
  }

  /// 2^40 files in forty small objects, and a folder seventy levels deep: the budget is the attacker's own.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func treesThatExplodeHideNothing() async throws {
    let (upstream, objects) = try stage()
    let blob = try upstream.runBare(["rev-parse", "main:payments/fraud.yaml"])
    let wide = try objects.nested(40, of: blob, under: ["a", "b"])
    let deep = try objects.nested(70, of: blob, under: ["a"])
    let tip = try objects.commit(objects.rootWith(["\(wide)\taaa", "\(deep)\tzzz"]))
    let source = try await Host(of: upstream, over: .file).source()
    _ = try await source.fetch()
    let start = ContinuousClock.now
    let found = try await source.entries(at: tip)
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(found.contains { $0.path == "payments/fraud.yaml" && $0.kind == .file })
    let refused = found.filter { $0.kind != .file }.map(\.path)
    #expect(!refused.isEmpty && refused.count <= 102)
    #expect(refused.allSatisfy { $0.hasPrefix("aaa") || $0.hasPrefix("zzz") }, "\(refused)")
  }

  /// A few hundred bytes say that they come to 160 MB: the fetch ends, and what was read is still there.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Way.allCases)
  func deltaThatIsABombIsRefused(way: Way) async throws {
    let (upstream, objects) = try stage()
    let host = try await Host(of: upstream, over: way)
    let source = try host.source()
    let before = try #require(try await source.fetch()).commit
    let bomb = try objects.deltaBomb(160 << 20)
    let tip = try objects.commit(objects.rootWith(bomb))
    if way == .file {
      #expect(try await source.fetch()?.commit == tip)
      #expect(try await source.entries(at: tip).contains { $0.path == "payments/fraud.yaml" })
    } else {
      let stayed = try #require(try await source.fetch())
      #expect(stayed.commit == before && stayed.refusal?.commit == tip, "\(stayed)")
      #expect(try await source.entries(at: before).map(\.path) == ["payments/fraud.yaml"])
    }
    withExtendedLifetime(host) {}
  }

  /// More references than anybody has: over a network that is the end of the fetch.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Way.allCases)
  func advertisementIsBounded(way: Way) async throws {
    let (upstream, objects) = try stage()
    let host = try await Host(of: upstream, over: way)
    let source = try host.source()
    let before = try #require(try await source.fetch()).commit
    try objects.advertise(150_000)
    if way == .file {
      #expect(try await source.fetch()?.commit == before)
    } else {
      let error = await #expect(throws: GitError.self) { _ = try await source.fetch() }
      #expect(error?.kind == .tooLarge, "\(String(describing: error))")
      #expect(error?.message.contains("list of references") == true)
    }
    withExtendedLifetime(host) {}
  }

  /// A pack that is too large in bytes, in objects or when it is unpacked is not taken; what was followed
  /// is followed on, also by a controller that starts then, and the tip has a name.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      (Way.file, TransferLimits(bytes: 1 << 30, objects: 20, unpacked: 1 << 30)),
      (Way.file, TransferLimits(bytes: 1 << 30, objects: 1000, unpacked: 1 << 20)),
      (Way.https, TransferLimits(bytes: 1 << 30, objects: 20, unpacked: 1 << 30)),
      (Way.https, TransferLimits(bytes: 1 << 20, objects: 1000, unpacked: 1 << 30)),
      (Way.ssh, TransferLimits(bytes: 1 << 20, objects: 1000, unpacked: 1 << 30)),
    ])
  func packIsBounded(way: Way, limits: TransferLimits) async throws {
    let (upstream, _) = try stage()
    let host = try await Host(of: upstream, over: way)
    let source = try host.source(within: limits)
    let before = try #require(try await source.fetch()).commit
    let random = try #require(FileHandle(forReadingAtPath: "/dev/urandom"))
    for index in 0..<30 {
      let noise = try #require(try random.read(upToCount: 60_000)).base64EncodedString()
      try upstream.write(["evil/\(index).txt": noise])
    }
    let tip = try upstream.commit([:])
    for source in [source, try host.source(within: limits)] {
      let stayed = try #require(try await source.fetch())
      #expect(stayed.commit == before && stayed.refusal?.commit == tip, "\(stayed)")
    }
    #expect(try await source.entries(at: before).map(\.path) == ["payments/fraud.yaml"])
    withExtendedLifetime(host) {}
  }

  /// After history was rewritten, and after many commits, what is here does not come again.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Way.allCases)
  func whatIsHereIsSaid(way: Way) async throws {
    let (upstream, _) = try stage()
    try upstream.commit(30, of: "a.yaml")
    let few = TransferLimits(bytes: 1 << 20, objects: 20, unpacked: 1 << 20)
    let host = try await Host(of: upstream, over: way)
    _ = try await host.source().fetch()
    let source = try host.source(within: few)
    for amends in [false, true, true] {
      let tip = try upstream.commit(["b.yaml": "\(UUID())"], amending: amends)
      let seen = try await source.fetch()
      #expect(seen?.commit == tip && (seen?.rewrittenFrom != nil) == amends)
    }
    withExtendedLifetime(host) {}
  }
}

extension TreeEntry {
  fileprivate var isUnreadFolder: Bool {
    guard case .unreadFolder = kind else { return false }
    return true
  }
}
