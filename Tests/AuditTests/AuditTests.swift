import Audit
import Foundation
import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// The verifier finds whatever is wrong, and names the decision at which it is.
@Suite struct AuditTests {
  static let forgery = Forgery()

  @Test func untouchedLedgerIsRight() throws {
    var audit = LedgerAudit(signers: try Forgery.signers())
    for commit in try Self.forgery.commits() { try audit.check(commit) }
    let report = audit.report
    #expect(report.records == Self.forgery.drafts.count)
    #expect(report.signers.map(\.records) == [report.records])
    #expect(report.verdicts["epoch"] == 1 && report.decisions == report.records - 1)
    #expect(report.verdicts["rollback"] == 1)
    #expect(Self.forgery.drafts.contains { $0.index(of: ".ev.json") != nil })
  }

  /// With `SERIN_EXHAUSTIVE=1` no byte is passed over: half a minute instead of some seconds.
  private static func pace(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["SERIN_EXHAUSTIVE"] == "1" ? 1 : usual
  }

  /// One bit of every byte of a commit object, signature and message included.
  @Test(arguments: forgery.drafts.indices)
  func changedCommits(index: Int) throws {
    let commits = try Self.forgery.commits()
    let before = try Self.audit(upTo: index, commits)
    let object = commits[index].object
    // Every byte of the first two, so that each kind of byte is met with and without a parent.
    for byte in stride(from: index, to: object.count, by: index < 2 ? 1 : Self.pace(11)) {
      var changed = object
      changed[byte] ^= 1 << (byte % 8)
      let commit = LedgerCommit(
        id: commits[index].id, object: changed, changes: commits[index].changes)
      #expect(Self.seq(of: commit, after: before) == index + 1, "byte \(byte)")
    }
  }

  /// One bit of every byte of every record, status and evidence.
  @Test(arguments: forgery.drafts.indices)
  func changedFiles(index: Int) throws {
    let commits = try Self.forgery.commits()
    let before = try Self.audit(upTo: index, commits)
    for (place, change) in commits[index].changes.enumerated()
    where !LedgerPaths.guides.contains(change.path) {
      for byte in stride(
        from: index % Self.pace(10), to: change.contents.count, by: Self.pace(10))
      {
        var contents = change.contents
        contents[byte] ^= 1 << (byte % 8)
        var changes = commits[index].changes
        changes[place] = FileChange(
          path: change.path, kind: change.kind, isPlain: true, contents: contents)
        let commit = LedgerCommit(
          id: commits[index].id, object: commits[index].object, changes: changes)
        #expect(Self.seq(of: commit, after: before) == index + 1, "\(change.path), byte \(byte)")
      }
    }
  }

  /// Files that were added, removed, renamed, changed, or made into something else.
  @Test(arguments: forgery.drafts.indices)
  func changedTrees(index: Int) throws {
    let commits = try Self.forgery.commits()
    let before = try Self.audit(upTo: index, commits)
    for changes in Self.otherTrees(than: commits[index].changes, besides: commits) {
      let commit = LedgerCommit(
        id: commits[index].id, object: commits[index].object, changes: changes)
      #expect(Self.seq(of: commit, after: before) == index + 1, "\(changes.map(\.path))")
    }
  }

  private static func otherTrees(
    than changes: [FileChange], besides commits: [LedgerCommit]
  ) -> [[FileChange]] {
    let foreign = FileChange(path: "a/b.sh", kind: .added, isPlain: true, contents: [])
    var trees = [changes + [foreign]]
    for (place, change) in changes.enumerated() where !LedgerPaths.guides.contains(change.path) {
      var without = changes
      without.remove(at: place)
      trees.append(without)
      for (path, kind, isPlain) in [
        (change.path, FileChange.Kind.removed, true), (change.path, change.kind, false),
        (change.path + "x", change.kind, true), ("x/" + change.path, change.kind, true),
      ] {
        var changed = changes
        changed[place] = FileChange(
          path: path, kind: kind, isPlain: isPlain, contents: change.contents)
        trees.append(changed)
      }
    }
    // An older record, edited or removed beside an honest decision.
    for change in commits.flatMap(\.changes)
    where change.path.hasSuffix(".json") && !LedgerPaths.guides.contains(change.path) {
      for kind in [FileChange.Kind.modified, .removed] where !changes.contains(change) {
        trees.append(
          changes + [FileChange(path: change.path, kind: kind, isPlain: true, contents: [0x31])])
      }
    }
    return trees.filter { tree in !tree.allSatisfy { LedgerPaths.guides.contains($0.path) } }
  }

  /// Commits that were dropped, doubled or exchanged; as they are, and with parents that fit again,
  /// which takes the key.
  @Test func otherOrders() throws {
    let commits = try Self.forgery.commits()
    let signers = try Forgery.signers()
    for index in commits.indices {
      for isRebuilt in [false, true] {
        for (name, order) in Self.orders(of: commits.count, at: index) {
          var forgery = Self.forgery
          forgery.drafts = order.map { Self.forgery.drafts[$0] }
          let changed = try isRebuilt ? forgery.commits() : order.map { commits[$0] }
          let first = order.indices.first { order[$0] != $0 } ?? order.count
          guard first < order.count else { continue }  // Taking away the newest leaves no trace.
          #expect(
            firstFinding(in: changed, signers)?.ledgerSeq == first + 1,
            "\(name) \(index) \(isRebuilt)")
        }
      }
    }
  }

  private static func orders(of count: Int, at index: Int) -> [(String, [Int])] {
    let all = Array(0..<count)
    var doubled = all
    doubled.insert(index, at: index)
    var exchanged = all
    exchanged.swapAt(index, (index + 1) % count)
    return [
      ("drop", all.filter { $0 != index }), ("double", doubled), ("exchange", exchanged),
    ]
  }

  // MARK: Keys

  @Test(arguments: forgery.drafts.indices)
  func foreignKeys(index: Int) throws {
    for (key, kind) in [(SigningKey(comment: ""), Finding.Kind.signer), (nil, .unsigned)] {
      var forgery = Self.forgery
      forgery.drafts[index].key = key
      let finding = firstFinding(in: try forgery.commits(), try Forgery.signers())
      #expect(finding?.kind == kind && finding?.ledgerSeq == index + 1)
    }
  }

  /// A retired key signs nothing later, whatever date it gives; what it signed before stays good.
  @Test(arguments: forgery.drafts.indices)
  func retiredKeys(index: Int) throws {
    let new = SigningKey(comment: "")
    let signers = try Forgery.signers(
      """
      \(AllowedSigners.line(for: Forgery.key.publicKey, of: "simulation")) valid-until-seq=\(index)
      \(AllowedSigners.line(for: new.publicKey, of: "simulation", from: index + 1))
      """.replacing("valid-until-seq=0", with: "valid-from-seq=1000"))
    var forgery = Self.forgery
    let finding = firstFinding(in: try forgery.commits(), signers)
    #expect(finding?.kind == .signer && finding?.ledgerSeq == index + 1)
    for later in index..<forgery.drafts.count { forgery.drafts[later].key = new }
    #expect(firstFinding(in: try forgery.commits(), signers) == nil)
    if index > 0 {
      forgery.drafts[index - 1].key = new
      let early = firstFinding(in: try forgery.commits(), signers)
      #expect(early?.kind == .signer && early?.ledgerSeq == index)
    }
  }

  @Test func keysOfOtherControllers() throws {
    let line = AllowedSigners.line(for: Forgery.key.publicKey, of: "staging")
    let finding = firstFinding(in: try Self.forgery.commits(), try Forgery.signers(line))
    #expect(finding?.kind == .signer && finding?.ledgerSeq == 1)
  }

  // MARK: What takes the key

  /// A forged record in a commit that is otherwise perfect: what can be told is told.
  @Test(arguments: Edit.all)
  func forgedRecords(edit: Edit) throws {
    var forgery = Self.forgery
    try forgery.rewrite(2) { $0[edit.field] = edit.value }
    let finding = firstFinding(in: try forgery.commits(), try Forgery.signers())
    #expect(finding?.kind == edit.kind && finding?.ledgerSeq == 3, "\(String(describing: finding))")
  }

  struct Edit: Sendable, CustomTestStringConvertible {
    let field: String
    let value: JSONValue
    let kind: Finding.Kind

    init(_ field: String, _ value: JSONValue, _ kind: Finding.Kind) {
      (self.field, self.value, self.kind) = (field, value, kind)
    }

    var testDescription: String { "\(field): \(value.canonical)" }

    private static let digest = JSONValue.string("sha256:" + String(repeating: "0", count: 64))

    static let all: [Edit] = [
      Edit("seq", 9, .chain), Edit("ledgerSeq", 9, .sequence), Edit("prev", .null, .chain),
      Edit("prev", digest, .chain), Edit("schema", "serin.dev/decision-v2", .record),
      Edit("deployment", ["namespace": "default", "name": "other"], .chain),
      Edit("note", "a field that nobody knows", .record), Edit("generation", -1, .record),
      Edit("rollout", 0, .chain), Edit("observedAt", 9_999_999_999_999, .record),
      Edit("from", ["phase": "healthy"], .transition),
      Edit("from", ["phase": "onTheMoon"], .record), Edit("from", "healthy", .record),
      Edit("from", ["phase": "step"], .record),
      Edit("reason", ["becauseIWanted": [:]], .record),
      Edit("reason", ["firstToServe": ["note": 1]], .record),
      Edit("to", ["phase": "preparing"], .transition), Edit("verdict", "admit", .transition),
      Edit("evidence", digest, .evidence), Edit("replay", .null, .evidence),
      Edit("controller", ["instance": "x", "version": "1", "epoch": 1], .signer),
    ]
  }

  /// The commit around an honest record.
  @Test func forgedCommits() throws {
    let edits: [(Finding.Kind, (inout LedgerDraft) -> Void)] = [
      (.date, { $0.seconds += 1 }), (.date, { $0.seconds = 0 }),
      (.message, { $0.message = $0.message.replacing("promote", with: "reject") }),
      (.message, { $0.message += "Approved-By: ada\n" }), (.message, { $0.message = "" }),
      (.commit, { $0.committer = "Serin <serin@example.org> 1 +0100\ncommitter x" }),
    ]
    for (kind, edit) in edits {
      var forgery = Self.forgery
      edit(&forgery.drafts[2])
      let finding = firstFinding(in: try forgery.commits(), try Forgery.signers())
      #expect(finding?.kind == kind && finding?.ledgerSeq == 3, "\(String(describing: finding))")
    }
  }

  /// Merges, other headers and objects that are none.
  @Test func otherObjects() throws {
    let commits = try Self.forgery.commits()
    let before = try Self.audit(upTo: 1, commits)
    let text = String(decoding: commits[1].object, as: UTF8.self)
    let parent = "parent \(commits[0].id)\n"
    for (changed, kind) in [
      ("", .commit), ("\n\n", .commit),
      (text.replacing("gpgsig ", with: "gpgsig-sha256 "), .commit),
      (text.replacing(parent, with: parent + parent), .history),
      (text.replacing(parent, with: ""), .history),
      (text.replacing("\n\n", with: "\nencoding latin1\n\n"), .commit),
      (text.replacing("author ", with: "author x"), .commit),
    ] as [(String, Finding.Kind)] {
      var audit = before
      let finding = #expect(throws: Finding.self) {
        try audit.check(
          LedgerCommit(id: "", object: Array(changed.utf8), changes: commits[1].changes))
      }
      #expect(finding?.kind == kind, "\(changed.prefix(40))")
    }
  }

  // MARK: Exit codes

  @Test func everyKindHasItsOwnExitCode() {
    let codes = Finding.Kind.allCases.map(\.exitCode)
    #expect(Set(codes).count == codes.count)
    #expect(codes.allSatisfy { (20..<64).contains($0) })
  }

  /// Starting behind a commit that was verified finds the same as starting at the root.
  @Test(arguments: forgery.drafts.indices)
  func startsBehindWhatWasVerified(index: Int) async throws {
    let commits = try Self.forgery.commits()
    var files: [String: [UInt8]] = [:]
    for change in commits[...index].flatMap(\.changes) { files[change.path] = change.contents }
    let reader = LedgerReader(paths: files.keys.sorted()) { [files] in files[$0] }
    var audit = LedgerAudit(
      signers: try Forgery.signers(), tip: commits[index].id,
      seconds: Self.forgery.drafts[index].seconds, newest: try await reader.newestDecisions(),
      end: try await reader.end(),
      states: try await reader.resume().rollouts.map(\.rollout))
    for commit in commits[(index + 1)...] { try audit.check(commit) }
    #expect(audit.report.first == index + 2)
    #expect(audit.report.records == commits.count - index - 1)
  }

  private static func audit(
    upTo index: Int, _ commits: [LedgerCommit]
  ) throws -> LedgerAudit {
    var audit = LedgerAudit(signers: try Forgery.signers())
    for commit in commits[..<index] { try audit.check(commit) }
    return audit
  }

  /// Returns the decision at which a commit is wrong; nil when it passes.
  private static func seq(of commit: LedgerCommit, after audit: LedgerAudit) -> Int? {
    var audit = audit
    do throws(Finding) {
      try audit.check(commit)
      return nil
    } catch {
      return error.ledgerSeq
    }
  }
}
