import ArgumentParser
import Audit
import Encoding
import Ledger
import Manifests
import Rollouts
import Wording

struct AuditReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Make every decision again from its evidence, and compare.",
    discussion: """
      Calls the function that made the decision with everything that the rollout was told since the \
      one before, look by look. With a number, shows those looks: what was counted and sampled, \
      the evidence against the candidate, and that of drift with what moved. It does not verify \
      signatures: `audit verify` does both. Exit code \(Finding.Kind.replay.exitCode) when a decision differs.
      """)

  @Argument(help: "The number of one decision on the branch, to see its looks.") var decision: Int?
  @OptionGroup var query: AuditQueryOptions

  func run() async throws {
    var replays = Replays(decision: decision)
    try await query.ledger.forEachReplay { replays.follow($0, $1) }
    if let decision, replays.looks == nil {
      throw Failure(.user, "the ledger has no decision \(decision)")
    }
    try query.show(replays.result) { replays.text }
    guard replays.result.differences.isEmpty else {
      throw ExitCode(Finding.Kind.replay.exitCode)
    }
  }
}

/// What came of making decisions again.
private struct Replays {
  struct Difference: Encodable {
    let ledgerSeq: Int
    let commit: String
    let difference: Rederivation.Difference
  }

  struct Result: Encodable {
    var decisions = 0
    var looks = 0
    /// Decisions after a time so long that only its newest looks were kept.
    var beginLate = 0
    var differences: [Difference] = []
  }

  private let decision: Int?
  private var rederivations: [DeploymentName: Rederivation] = [:]
  private(set) var result = Result()
  /// The looks of the decision that was asked for.
  private(set) var looks: [[String]]?

  init(decision: Int?) { self.decision = decision }

  mutating func follow(_ committed: CommittedDecision, _ json: JSONValue) {
    let record = committed.record
    let before = rederivations[record.deployment]?.state ?? Rollout(name: record.deployment)
    let replay = Replay(json: json)
    if record.ledgerSeq == decision { looks = replay.map { Self.rows($0, before) } ?? [] }
    let difference = rederivations[record.deployment, default: Rederivation()].check(record, json)
    guard decision == nil || record.ledgerSeq == decision else { return }
    result.decisions += 1
    result.looks += replay?.looks.count ?? 0
    result.beginLate += replay?.skipped == 0 ? 0 : 1
    guard let difference else { return }
    result.differences.append(
      Difference(
        ledgerSeq: record.ledgerSeq, commit: committed.commit, difference: difference))
  }

  private static func rows(_ replay: Replay, _ before: Rollout) -> [[String]] {
    replay.steps(after: before).map { step in
      switch step.look {
      case .wake(let now): return [now.iso8601, "nobody had looked for a while", "", "", ""]
      case .observation(let world):
        let counts = world.counts?.entries.map { id, counts in
          "\(id): \(counted(counts))"
        }
        return [
          world.now.iso8601, counts?.joined(separator: "; ") ?? "not readable",
          step.logE.map { Self.milli($0) } ?? "-",
          step.drift.map(Self.shown).joined(separator: "; "),
          world.restrictions.sorted().map(\.words).joined(separator: ", "),
        ]
      }
    }
  }

  /// "17 requests, 0 errors, 9 samples, 1 lost".
  private static func counted(_ counts: Counts) -> String {
    var parts = [counts.requests.of("request"), counts.errors.of("error")]
    if let samples = counts.samples {
      parts.append(samples.requests.of("sample"))
      if samples.dropped != 0 { parts.append("\(samples.dropped) lost") }
    }
    return parts.joined(separator: ", ")
  }

  /// "inputs 4.710: amount is 70.29 or more for 80% instead of 10%; also color".
  private static func shown(_ drift: DriftReport) -> String {
    let evidence = "\(drift.subject) \(milli(Double(drift.logE) / 1000))"
    guard let first = drift.moved.first else { return evidence }
    let others = drift.moved.dropFirst().map(\.column).joined(separator: ", ")
    return "\(evidence): \(first.summary)\(others.isEmpty ? "" : "; also \(others)")"
  }

  /// "-0.123".
  private static func milli(_ logE: Double) -> String {
    let value = Int((logE * 1000).rounded())
    let digits = String(abs(value) % 1000 + 1000).dropFirst()
    return "\(value < 0 ? "-" : "")\(abs(value) / 1000).\(digits)"
  }

  var text: String {
    var parts: [String] = []
    if let looks { parts.append(Self.table(looks)) }
    parts += result.differences.map { found in
      """
      decision \(found.ledgerSeq) differs in its \(found.difference.field):
        derived   \(CommitMessage.line(found.difference.derived))
        recorded  \(CommitMessage.line(found.difference.recorded))
        commit    \(found.commit)
      """
    }
    let late = result.beginLate == 0 ? "" : "; \(result.beginLate) begin in a recorded state"
    parts.append(
      "\(result.decisions.of("decision")) made again from \(result.looks.of("look"))\(late): "
        + (result.differences.isEmpty
          ? "all as recorded" : "\(result.differences.count) not as recorded"))
    return parts.joined(separator: "\n\n")
  }

  /// Leaves out the column of drift where nobody asked for it.
  private static func table(_ looks: [[String]]) -> String {
    let header = ["TIME", "COUNTED", "LOG E", "DRIFT", ""]
    let isAsked = looks.contains { !$0[3].isEmpty }
    func shown(_ row: [String]) -> [String] { isAsked ? row : Array(row[..<3] + row[4...]) }
    return safeTable(shown(header), looks.map(shown))
  }
}
