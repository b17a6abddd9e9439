import ArgumentParser
import Audit
import Ledger
import Manifests
import Rollouts

struct AuditDiffPolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff-policy",
    abstract: "Show which rollouts would have gone another way under another manifest.",
    discussion: """
      Makes the recorded decisions of a deployment again with the strategy, SLOs and analysis of FILE, \
      on the looks that were recorded, and shows where each rollout first goes another way. What would \
      have followed is not known: the traffic would have been another. Latencies were recorded in the \
      buckets around the limits of their time, so another limit is judged carefully on both sides.
      """)

  @Argument(help: "A file with the deployment as it might have been.") var manifest: String
  @Option(help: "Which deployment of the file, as NAME or NAMESPACE/NAME.") var deployment: String?
  @Option(help: "Compare only what was decided from this moment on.") var since: Moment?
  @OptionGroup var query: AuditQueryOptions

  func run() async throws {
    let other = try ManifestArgument.deployment(in: manifest, named: deployment)
    var comparison = PolicyComparison(with: other)
    var isKnown = false
    try await query.ledger.forEachReplay { committed, json in
      guard committed.record.deployment == other.name else { return }
      isKnown = true
      let isCompared = since.map { committed.record.decidedAt >= $0.instant } ?? true
      comparison.follow(json, isCompared: isCompared)
    }
    guard isKnown else { throw Failure(unknown: other.name) }
    try query.show(comparison.divergences) { Self.text(comparison) }
  }

  private static func text(_ comparison: PolicyComparison) -> String {
    let (all, other) = (comparison.rollouts.count, comparison.divergences.count)
    let end =
      "\(all.of("rollout")) compared: \(other == 0 ? "none goes" : "\(other) go") another way"
    guard other > 0 else { return end }
    let rows = comparison.divergences.map {
      [
        "\($0.rollout)", $0.at.iso8601, "\($0.recorded.verdict) \($0.recorded.to)",
        "\($0.other.verdict) \($0.other.to)",
        $0.other.reason.isEmpty ? $0.recorded.reason : $0.other.reason,
      ]
    }
    return safeTable(["ROLLOUT", "TIME", "RECORDED", "WOULD BE", "WHY"], rows) + "\n\n" + end
  }
}
