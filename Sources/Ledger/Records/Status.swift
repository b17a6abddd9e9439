package import Encoding
package import Rollouts
import Wording

extension Record {
  /// The candidates of an A/B test that still have a share of the requests; nil where there is one alone.
  fileprivate var livingArms: [ArmReport]? {
    let shares = routes.flatMap(\.shares).map(\.revision)
    guard to.isStep, let living = arms?.filter({ shares.contains($0.revision.id) }) else {
      return nil
    }
    return living.count > 1 ? living : nil
  }
}

/// Where a deployment stands, for people: what the status file and `serin status` show.
package struct Status: Equatable, Sendable, Codable {
  package let deployment: DeploymentName
  /// Such as "healthy", "step 2 of 4 (5%)" or "preparing".
  package let phase: String
  /// The version that was last proven.
  @SpeltOut package var stable: String?
  /// The version the last decision was about, with its verdict and reason.
  @SpeltOut package var version: String?
  /// What the manifest asked for then, and why it was not tried; nil when it was gone.
  @SpeltOut package var wanted: RecordedWanted?
  package let verdict: Decision.Verdict
  package let reason: String
  /// An answer that counted as an error, when the decision was made for errors: "500: no memory".
  @SpeltOut package var answer: String?
  /// Which requests are answered otherwise than stable answers them; left out where none stand out.
  package var differences: String?
  /// How each candidate of an A/B test of several does that is left; left out where there is one alone.
  package var arms: [String]?
  package let since: Instant
  package let rollout: Int
  package let decision: Int

  package init(_ record: Record) {
    deployment = record.deployment
    phase = record.to.words
    stable = record.stable?.model.version
    version = record.revision?.model.version
    wanted = record.wanted
    verdict = record.verdict
    reason = record.text
    answer = record.errorSample?.summary
    differences = record.differences?.summary
    arms = record.livingArms?.map(\.summary)
    since = record.decidedAt
    rollout = record.rollout
    decision = record.seq
  }

  /// The status file: YAML whose every scalar is quoted, so that nothing in it can be anything else.
  package var yaml: String {
    """
    # Written by serin with each decision; the records beside this file are the truth.
    deployment: \(quoted(deployment.description))
    phase: \(quoted(phase))
    stable: \(stable.map(quoted) ?? "null")
    version: \(version.map(quoted) ?? "null")
    wanted: \(wanted.map { quoted($0.version) } ?? "null")
    refused: \(wanted?.rejected.map { quoted("rejected \($0.at.iso8601): \($0.text)") } ?? "null")
    verdict: \(quoted(verdict.rawValue))
    reason: \(quoted(reason))
    answer: \(answer.map(quoted) ?? "null")\(differences.map { "\ndifferences: \(quoted($0))" } ?? "")\(armLines)
    since: \(quoted(since.iso8601))
    rollout: \(rollout)
    decision: \(decision)

    """
  }

  private var armLines: String {
    arms.map { "\narms:" + $0.map { "\n  - \(quoted($0))" }.joined() } ?? ""
  }

  private func quoted(_ text: String) -> String {
    let line = CommitMessage.line(text)
    guard line.utf8.contains(where: { "\"\\".utf8.contains($0) }) else { return "\"\(line)\"" }
    let escaped = line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"\(escaped)\""
  }
}
