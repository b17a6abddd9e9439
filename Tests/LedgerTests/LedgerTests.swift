import Analysis
import Foundation
import Golden
import Ledger
import Encoding
import Manifests
import Rollouts
import Testing

@Suite struct LedgerTests {
  /// What a decision looks like in git: the files and the message.
  @Test func firstDecision() throws {
    var head = try Self.claimedHead()
    let change = try head.append(
      Self.decision(.admit), of: Self.rollout, source: Self.source,
      appliedAt: nil, by: Self.controller, from: Self.journal)
    let files = change.files.filter { !LedgerPaths.guides.contains($0.key) }.sorted {
      $0.key < $1.key
    }
    let text = files.map { "--- \($0.key)\n\(String(decoding: $0.value, as: UTF8.self))" }
    try expectGolden(change.message + "\n" + text.joined(), "first-decision.txt")
  }

  /// Records form a chain, and what was written is read back.
  @Test func chainIsReadBack() async throws {
    var head = LedgerHead()
    var files = try head.claim(by: Self.controller, at: Self.now).files
    for _ in 1...5 {
      let change = try head.append(
        Self.decision(.hold, .suspended), of: Self.rollout, source: Self.source,
        appliedAt: Self.now, by: Self.controller,
        from: Self.journal)
      files.merge(change.files) { $1 }
    }
    let reader = LedgerReader(paths: files.keys.sorted()) { [files] in files[$0] }
    let history = try await reader.history(of: Self.name)
    #expect(history.map(\.seq) == [1, 2, 3, 4, 5])
    #expect(history.map(\.ledgerSeq) == [2, 3, 4, 5, 6])
    for (previous, record) in zip(history, history.dropFirst()) {
      let path = LedgerPaths.record(Self.name, seq: previous.seq, at: previous.decidedAt)
      #expect(record.prev == Digest(of: try #require(files[path])).description)
    }
    let (resumed, rollouts) = try await reader.resume()
    #expect(resumed.ledgerSeq == head.ledgerSeq)
    #expect(resumed.digest(of: Self.name) == head.digest(of: Self.name))
    #expect(resumed.end == head.end && resumed.isClaimed(by: Self.controller))
    #expect(rollouts.map(\.rollout) == [Self.rollout])
  }

  /// A large state goes into a file of its own, which the record names by its digest.
  @Test func largeStateBecomesEvidence() async throws {
    var head = try Self.claimedHead()
    let (rollout, journal) = Self.longHistory
    let change = try head.append(
      Self.decision(.hold, .suspended), of: rollout, source: nil, appliedAt: nil,
      by: Self.controller,
      from: journal)
    let path = try #require(change.files.keys.first { $0.hasSuffix(".ev.json") })
    let reader = LedgerReader(paths: change.files.keys.sorted()) { change.files[$0] }
    #expect(try await reader.resume().rollouts.first?.rollout == rollout)
    var changed = change.files
    changed[path] = Array("{}\n".utf8)
    let tampered = LedgerReader(paths: changed.keys.sorted()) { [changed] in changed[$0] }
    await #expect(throws: LedgerError.self) { try await tampered.resume() }
  }

  /// What explains the branch goes with the next decision when it is missing or outdated, and a new
  /// key ends the one before it.
  @Test func guidesGoWithTheNextDecision() throws {
    let (first, second) = (SigningKey(comment: ""), SigningKey(comment: ""))
    var head = try Self.claimedHead()
    head.note(guides: [:], signer: first.publicKey)
    let one = try append(to: &head)
    #expect(Set(LedgerPaths.guides).isSubset(of: one.files.keys))
    #expect(try append(to: &head).files.keys.filter(LedgerPaths.guides.contains) == [])
    let present = one.files.filter { LedgerPaths.guides.contains($0.key) }
    head.note(guides: present, signer: first.publicKey)
    #expect(try append(to: &head).files.keys.filter(LedgerPaths.guides.contains) == [])
    head.note(guides: present, signer: second.publicKey)
    let rotated = try append(to: &head)
    #expect(
      rotated.files.keys.filter(LedgerPaths.guides.contains) == [LedgerPaths.allowedSigners])
    let bytes = try #require(rotated.files[LedgerPaths.allowedSigners])
    let signers = try AllowedSigners(String(decoding: bytes, as: UTF8.self)).signers
    #expect(signers.map(\.key) == [first.publicKey, second.publicKey])
    #expect(signers.map(\.validity) == [2...4, 5...Int.max])
    #expect(signers.allSatisfy { $0.principals == ["c1"] })
  }

  private func append(to head: inout LedgerHead) throws -> LedgerChange {
    try head.append(
      Self.decision(.hold, .suspended), of: Self.rollout, source: nil, appliedAt: nil,
      by: Self.controller, from: Self.journal)
  }

  /// Nothing a user wrote forges a trailer, a second title or a terminal sequence.
  @Test(arguments: [
    "two\nDecision: 7", "\u{1B}[31mred", "\u{202E}backwards", "a\r\nVerdict: promote", "\u{2028}x",
  ])
  func evilTextStaysText(text: String) throws {
    var head = try Self.claimedHead()
    let rollout = Self.rollout(version: text)
    let change = try head.append(
      Self.decision(.reject, .failed, text, revision: rollout.candidate), of: rollout, source: nil,
      appliedAt: nil, by: Self.controller, from: Self.journal)
    let lines = change.message.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count { $0.hasPrefix("Decision: ") } == 1)
    #expect(lines.count { $0.hasPrefix("Verdict: ") } == 1)
    #expect(
      !change.message.unicodeScalars.contains {
        "\u{1B}\u{202E}\u{2028}\r".unicodeScalars.contains($0)
      })
    #expect(lines.count { $0.isEmpty } == 3)
  }

  @Test(
    arguments: [
      ("a/b/2026-09-24.b/000123.b.json", 123), ("a/b/2026-09-24.b/1000000.b.json", 1_000_000),
      ("a/b/2026-09-24.b/000123.b.ev.json", nil), ("a/b/b.yaml", nil), ("README.md", nil),
      ("a/b/2026-09-24.b/x.b.json", nil),
    ] as [(String, Int?)])
  func pathsOfRecords(path: String, seq: Int?) {
    #expect(LedgerPaths.parseRecord(path)?.seq == seq)
  }

  @Test func dayFollowsUTC() {
    let name = DeploymentName(namespace: "a", name: "b")
    let path = LedgerPaths.record(name, seq: 1, at: Instant(milliseconds: 1_788_220_799_999))
    #expect(path == "a/b/2026-08-31.b/000001.b.json")
  }

  static let name = DeploymentName(namespace: "payments", name: "fraud")
  static let now = Instant(milliseconds: 1_790_244_000_000)
  static let controller = ControllerIdentity(
    instance: "c1", version: "0.1.0", life: "life-1")

  static func claimedHead() throws -> LedgerHead {
    var head = LedgerHead()
    _ = try head.claim(by: controller, at: now)
    return head
  }

  static let source = SourceReference(
    repository: "https://git.example.org/models", commit: String(repeating: "a", count: 40),
    path: "fraud.yaml", blob: String(repeating: "b", count: 40), rewrittenFrom: nil,
    changes: SourceChanges(
      listed: [
        SourceChange(
          commit: String(repeating: "c", count: 40), author: "Ada <ada@example.org>",
          paths: ["fraud.yaml"])
      ], more: 0))

  static func decision(
    _ verdict: Decision.Verdict, _ reason: Reason = .firstToServe, _ detail: String = "",
    revision: Revision? = nil
  ) -> Decision {
    Decision(
      verdict: verdict, reason: reason, detail: Detail(detail), from: .idle, to: .preparing,
      revision: revision ?? rollout.candidate, checks: [], drift: [], exposure: Exposure(),
      decidedAt: now)
  }

  static let rollout = rollout(version: "1")

  static func rollout(version: String) -> Rollout {
    var rollout = Rollout(name: name)
    _ = rollout.advance(Observation(now: now, desired: .deployment(deployment(version))))
    return rollout
  }

  /// What `rollout` was told.
  static var journal: Journal {
    var journal = Journal(after: Rollout(name: name))
    journal.note(
      .observation(Observation(now: now, desired: .deployment(deployment("1")))))
    return journal
  }

  /// A rollout in the bake after twelve steps of two objectives, and what it was told.
  static var longHistory: (Rollout, Journal) {
    var rollout = Rollout(name: name)
    var journal = Journal(after: rollout)
    for (look, version) in (0..<60).map({ ($0, $0 < 4 ? "1" : "2") }) {
      let readiness = Dictionary(
        uniqueKeysWithValues: rollout.plan.loaded.map { ($0.id, Readiness.ready) })
      let world = Observation(
        now: Instant(milliseconds: now.milliseconds + Int64(look) * 60_000),
        desired: .deployment(deployment(version)), readiness: readiness,
        generationInForce: rollout.generation,
        counts: readiness.mapValues { _ in
          Counts(requests: 997, errors: 1, latency: .init(edges: [250], counts: [996, 1]))
        })
      journal.note(.observation(world))
      _ = rollout.advance(world)
    }
    return (rollout, journal)
  }

  static func deployment(_ version: String) -> Deployment {
    let steps = (1...12).map {
      Step(route: .split(weight: PerMille($0 * 50)), atLeast: .seconds(60), atMost: .seconds(600))
    }
    return Deployment(
      name: name, runtime: "local",
      revision: Revision(
        of: Model(
          version: version, uri: "file:///m", digest: nil, format: "sklearn", smoke: nil, retry: 0)),
      strategy: Strategy(kind: .canary, steps: steps),
      objectives: [
        .errors(below: Ratio(perMillion: 10_000)),
        .latency(percentile: Ratio(perMillion: 990_000), below: 250),
      ],
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 1,
        onNoData: .hold, onInconclusive: .promote, noDataAfter: .seconds(60)),
      bake: .seconds(86_400), prepareWithin: .seconds(600), suspended: false)
  }
}
