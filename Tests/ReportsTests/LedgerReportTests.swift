import Audit
import Encoding
import Foundation
import Golden
import Ledger
import Manifests
import Reports
import Rollouts
import SimulationKit
import Testing

/// The page that is handed to somebody who has nothing else.
@Suite struct LedgerReportTests {
  /// Three versions: one promoted through three steps, one rolled back, one superseded.
  private static let ledger: [LedgerChange] = {
    let scenario = Scenario(seed: 3, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(2000)) { world, clock in
      for version in ["1", "2", "4", "5"] { world.fail(1, ofRequestsTo: version) }
      world.fail(12, ofRequestsTo: "3")
      world.commit(["fraud.yaml": manifest("1")])
      await clock.sleep(for: .seconds(150))
      world.commit(["fraud.yaml": manifest("2")])
      await clock.sleep(for: .seconds(1000))
      world.commit(["fraud.yaml": manifest("3")])
      await clock.sleep(for: .seconds(200))
      world.commit(["fraud.yaml": manifest("4")])
      await clock.sleep(for: .seconds(40))
      world.commit(["fraud.yaml": manifest("5")])
    }
    return scenario.world.ledger
  }()

  private static let decisions: [CommittedDecision] = ledger.enumerated().compactMap {
    index, change in
    decision(in: change, commit: sha256Hex("\(index)".utf8).prefix(40).description)
  }

  /// What led to each decision, as an export makes it again from the same records.
  private static let evidence: [Int: DecisionEvidence] = {
    var (found, states) = ([Int: DecisionEvidence](), Rederivation())
    for (index, change) in ledger.enumerated() {
      guard let record = decision(in: change, commit: "\(index)")?.record else { continue }
      let place = LedgerPaths.record(record.deployment, seq: record.seq, at: record.decidedAt)
      let beside = change.files[LedgerPaths.evidence(ofRecordAt: place)].flatMap {
        try? JSONValue(file: $0)
      }
      let own = change.files[place].flatMap { try? JSONValue(file: $0) }?["replay"]
      guard let json = beside ?? own, let replay = Replay(json: json) else { continue }
      let before = states.state ?? Rollout(name: record.deployment)
      found[record.ledgerSeq] = replay.evidence(after: before)
      _ = states.check(record, json)
    }
    return found
  }()

  private static func decision(in change: LedgerChange, commit: String) -> CommittedDecision? {
    let file = change.files.first { LedgerPaths.parseRecord($0.key) != nil }
    let text = file.map { String(decoding: $0.value, as: UTF8.self) } ?? ""
    // A blob of the simulation is named by its text.
    let named = text.replacing(/"blob":"(?:[^"\\]|\\.)*"/, with: "\"blob\":\"\(commit)\"")
      .replacing("\"signer\":null", with: signer)
    let record = try? JSONDecoder().decode(Record.self, from: Data(named.utf8))
    return record.map { CommittedDecision(commit: commit, hasSignature: true, record: $0) }
  }

  private static let signer = """
    "signer":{"key":"SHA256:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",\
    "principal":"ada@example.org","status":"good"}
    """

  private static func manifest(_ version: String) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: fraud-detector, namespace: payments}
    spec:
      model:
        version: "\(version)"
        uri: file:///models/fraud-detector/\(version)
        digest: sha256:\(sha256Hex(version.utf8))
        format: sklearn
      strategy:
        canary: {steps: [5%, 25%, 50%], atLeast: 60s, atMost: 5m}
      slos:
        - errors: {below: 4%}
        - latency: {percentile: 95, below: 250ms}
      analysis: {interval: 5s, minRequests: 100}
      bake: 1m
    """
  }

  private static func report(
    _ decisions: [CommittedDecision] = decisions,
    _ evidence: [Int: DecisionEvidence] = evidence, rollout: Int? = nil,
    verification: LedgerReport.Verification = .notDone
  ) -> String {
    let name = DeploymentName(namespace: "payments", name: "fraud-detector")
    return LedgerReport(
      on: .init(deployment: rollout == nil ? nil : name, rollout: rollout), decisions: decisions,
      evidence: evidence,
      branch: "serin/ledger", tip: String(repeating: "c", count: 40), version: "0.1.0",
      verification: verification
    ).html
  }

  @Test func pages() throws {
    try expectGolden(Self.report(), "report.html")
    try expectGolden(Self.report(rollout: 3), "report-rollout.html")
  }

  /// The picture has every look of the trial and both bars, as that of a simulation.
  @Test func everyLookIsInThePicture() throws {
    let page = Self.report(rollout: 2)
    let picture = try #require(page.firstMatch(of: /<svg(?s).*?<\/svg>/)?.0)
    for label in [">hold<", ">roll back<", ">all checks<", ">errors<", ">latency-p95<"] {
      #expect(picture.contains(label), "\(label)")
    }
    let line = try #require(picture.firstMatch(of: /chart-stroke-2" d="([^"]*)"/)?.1)
    let looks = Self.evidence.filter { (5...9).contains($0.key) }.values.flatMap(\.looks).count
    #expect(looks > 40 && line.count { $0 == "L" || $0 == "M" } > looks - 20, "\(looks)")
    let without = Self.report(Self.decisions, [:], rollout: 2)
    #expect(without.contains("<svg") && !without.contains(">roll back<"))
  }

  /// Only what somebody has to look at has a colour.
  @Test func admissionsAreNeutral() {
    let page = Self.report()
    #expect(page.contains("<span class=\"plain\">admit</span>"))
    #expect(page.contains("<span class=\"bad\">rollback</span>"))
  }

  @Test func sameLedgerIsTheSamePage() { #expect(Self.report() == Self.report()) }

  /// What came of verifying stands at the top, and what was not done is not claimed.
  @Test func verificationIsSaid() {
    let audit = LedgerAudit(signers: Self.nobody).report
    let finding = Finding(
      .signature, ledgerSeq: 7, commit: "c", expected: "a signature", found: "<b>none</b>")
    let pages = [
      LedgerReport.Verification.notDone, .right(audit), .wrong(audit, finding),
    ].map { Self.report(verification: $0) }
    for (page, heading) in zip(pages, ["Not verified", "Verified", "Verification failed"]) {
      let headings = ["Not verified", "Verified", "Verification failed"].filter {
        page.contains("<h2>\($0)</h2>")
      }
      #expect(headings == [heading])
    }
    #expect(pages[2].contains("&lt;b&gt;none") && pages[2].contains("At decision 7"))
  }

  private static let nobody: AllowedSigners = {
    guard let signers = try? AllowedSigners("") else { preconditionFailure("an empty file") }
    return signers
  }()

  /// The policy allows exactly the style sheets that are there, and nothing that loads or runs.
  @Test func policyFitsThePage() throws {
    let page = Self.report()
    let sheets = Set(page.matches(of: /<style>([^<]*)<\/style>/).map { String($0.1) })
    #expect(sheets.count == 2 && sheets.allSatisfy { $0.utf8.count > 500 })
    let policy = try #require(page.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/)?.1)
    let hashes = sheets.map { "sha256-\(Self.base64(ofHash: $0))" }
    #expect(hashes.allSatisfy { policy.contains($0) })
    #expect(policy.hasPrefix("default-src &#39;none&#39;; style-src "))
    #expect(policy.count { $0 == ";" } == 3 + 2 * 3 + 6, "no other source: \(policy)")
    #expect(!page.contains("style=\"") && !page.contains("src=") && !page.contains("url("))
    let links = page.matches(of: /href="([^"]*)"/).map(\.1)
    #expect(links.count == 5 && links.allSatisfy { $0.hasPrefix("#") })
  }

  private static func base64(ofHash text: String) -> String {
    let digits = Array(sha256Hex(text.utf8))
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    return Data(bytes).base64EncodedString()
  }

  /// Whatever stands in a record: the page has the same elements, and the text is text.
  @Test(arguments: [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</style><style>*{}",
    "</title><svg onload=alert(1)>", "a\nb\u{1B}[2J", "\u{202E}txt.exe\u{2066}", "=cmd()",
    "<!--", "]]>", "&lt;b&gt;", "javascript:alert(1)",
  ])
  func evilTextStaysText(text: String) throws {
    let page = Self.report(try Self.decisions.map { try Self.replaced(in: $0, by: text) })
    let plain = Self.report(try Self.decisions.map { try Self.replaced(in: $0, by: "plain") })
    #expect(Self.elements(of: page) == Self.elements(of: plain))
    #expect(!text.contains("<") || !page.contains(text))
    let hidden = page.unicodeScalars.filter { scalar in
      scalar != "\n" && (scalar.value < 0x20 || "\u{202E}\u{2066}".unicodeScalars.contains(scalar))
    }
    #expect(hidden.isEmpty)
  }

  /// The names of all elements in their order, and of their attributes.
  private static func elements(of page: String) -> [String] {
    page.matches(of: /<[^>]*>/).map { tag in
      String(tag.output).replacing(/"[^"]*"/, with: "")
    }
  }

  /// Replaces what users write.
  private static func replaced(
    in decision: CommittedDecision, by text: String
  ) throws -> CommittedDecision {
    var value = try JSONValue(encoding: decision.record)
    for path in [
      ["text"], ["source", "changes", "author"], ["source", "path"], ["source", "repository"],
      ["source", "rewrittenFrom"], ["source", "blob"], ["revision", "model", "version"],
      ["revision", "model", "uri"], ["revision", "model", "digest"], ["deployment", "name"],
      ["controller", "instance"], ["source", "changes", "signer", "principal"],
      ["source", "changes", "signer", "key"], ["source", "changes", "commit"],
    ] { value = value.replacing(path[...], by: .string(text)) }
    return CommittedDecision(
      commit: decision.commit, hasSignature: true, record: try value.decoded(as: Record.self))
  }
}

extension JSONValue {
  /// Returns this value with another one at a place that is there.
  fileprivate func replacing(_ path: ArraySlice<String>, by value: JSONValue) -> JSONValue {
    guard let key = path.first else { return value }
    if case .array(let items) = self { return .array(items.map { $0.replacing(path, by: value) }) }
    guard case .object(var members) = self, let old = members[key] else { return self }
    members[key] = old.replacing(path.dropFirst(), by: value)
    return .object(members)
  }
}
