import Logging
import Rollouts
import Wording

extension Logger {
  /// Says what was decided and recorded.
  func tell(_ decision: Decision, of deployment: DeploymentName, _ commit: String) {
    info(
      "\(decision.verdict.rawValue)",
      metadata: [
        "deployment": "\(deployment)",
        "version": "\(decision.revision?.model.version ?? "-")",
        "change": "\(decision.from.words) -> \(decision.to.words)",
        "reason": "\(decision.sentence)",
        "commit": "\(commit.prefix(12))",
      ])
    for remark in decision.remarks {
      warning(
        "\(remark.summary)",
        metadata: [
          "deployment": "\(deployment)", "version": "\(decision.revision?.model.version ?? "-")",
        ])
    }
  }
}
