import Control
import Ledger
import Manifests
import Rollouts
import TestKit
import Testing
import Threads

/// What is said, and what is followed, when the tip of the branch is not accepted.
@Suite struct RefusalTests {
  /// The last good version stays in force; the complaint names the commit once, and its end is said.
  @Test func complaintNamesTheCommitOnce() async throws {
    let (source, log) = (StubSource(), CapturedLog())
    let watcher = SourceWatcher(
      source: source, runtimes: ["local"], logger: log.logger)
    let refusal = CommitRefusal(commit: "bad0", reason: "not signed")
    source.tip.withLock { $0 = Self.tip("good") }
    #expect(await watcher.poll(at: Instant(milliseconds: 0))?.tip.commit == "good")
    source.tip.withLock { $0 = Self.tip("good", refusal) }
    for _ in 0..<3 { #expect(await watcher.poll(at: Instant(milliseconds: 0)) == nil) }
    #expect(await watcher.refusal == refusal)
    let complaints = log.lines.filter { $0.contains("bad0") }
    #expect(
      complaints == [
        "warning cannot accept the manifests, so that the last good ones stay in force; trying "
          + "again error=commit bad0: not signed"
      ])
    source.tip.withLock { $0 = Self.tip("better") }
    #expect(await watcher.poll(at: Instant(milliseconds: 0))?.tip.commit == "better")
    #expect(log.lines.contains { $0.hasPrefix("info can accept the manifests") })
    #expect(await watcher.refusal == nil)
  }

  /// A controller that starts while the tip is refused follows the one that was accepted.
  @Test func acceptedTipIsFollowedAfterAStart() async throws {
    let source = StubSource()
    let refusal = CommitRefusal(commit: "bad0", reason: "not signed")
    source.tip.withLock { $0 = Self.tip("good", refusal) }
    let watcher = SourceWatcher(
      source: source, runtimes: ["local"], logger: CapturedLog().logger)
    let snapshot = try #require(await watcher.poll(at: Instant(milliseconds: 0)))
    #expect(snapshot.tip.commit == "good" && snapshot.wanted.count == 1)
  }

  private static func tip(_ commit: String, _ refusal: CommitRefusal? = nil) -> Tip {
    Tip(commit: commit, author: "", message: "", rewrittenFrom: nil, refusal: refusal)
  }

  private final class StubSource: Source {
    let tip = Lock<Tip?>(nil)

    func fetch() -> Tip? { tip.withLock { $0 } }

    func entries(at commit: String) -> [TreeEntry] {
      [TreeEntry(path: "a.yaml", kind: .file, blob: "1", size: 10)]
    }

    func changes(of paths: [String], since base: String?, until tip: String) -> SourceChanges {
      .unknown
    }

    func lastChanges(of path: String, since base: String?, until tip: String) -> [SourceChange]? {
      nil
    }

    func read(_ blob: String) -> [UInt8] { Array(CatalogTests.manifest("a").utf8) }
  }
}
