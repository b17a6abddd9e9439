import ArgumentParser
import Audit
import Encoding
import Foundation
import Ledger
import Manifests
import Rollouts

struct AuditRunningCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "running", abstract: "Show which models had traffic at a moment.",
    discussion: """
      It is what was decided by then; a plan takes effect moments after its decision, and only when \
      its models are loaded.
      """)

  @Option(help: "The moment, like 2026-09-24T10:11:12Z, or 2026-09-24 for its beginning (UTC).")
  var at: Moment
  @OptionGroup var query: AuditQueryOptions

  func run() async throws {
    var serving: [DeploymentName: Serving] = [:]
    try await query.ledger.forEach { decision in
      guard decision.record.decidedAt <= at.instant else { return }
      _ = serving[decision.record.deployment, default: Serving()].follow(decision.record)
    }
    let intervals = serving.sorted { $0.key < $1.key }.flatMap(\.value.present)
    try query.show(intervals) {
      guard !intervals.isEmpty else { return "nothing had traffic at \(at.instant.iso8601)" }
      let rows = intervals.map { interval in
        [
          interval.deployment.description, "\(interval.weight)",
          "v\(interval.revision.model.version)", interval.revision.model.digest ?? "-",
          interval.from.iso8601, interval.revision.model.uri,
        ]
      }
      return safeTable(["DEPLOYMENT", "SHARE", "VERSION", "DIGEST", "SINCE", "MODEL"], rows)
    }
  }
}

struct AuditExposureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exposure", abstract: "Show what a model answered, where and when.",
    discussion: "Requests are counted up to the last decision about the deployment.")

  @Argument(help: "The model's digest, sha256:…, or the beginning of it.") var digest: String
  @OptionGroup var query: AuditQueryOptions

  func validate() throws {
    guard digest.hasPrefix("sha256:"), digest.count >= "sha256:".count + 8 else {
      throw ValidationError("Give sha256: and at least eight digits of the digest.")
    }
  }

  func run() async throws {
    let intervals = try await intervals()
    try query.show(intervals) {
      guard !intervals.isEmpty else { return DisplayText.safe("nothing was asked of \(digest)") }
      let rows = intervals.map { interval in
        [
          interval.deployment.description, "v\(interval.revision.model.version)",
          "\(interval.weight)", interval.from.iso8601, interval.until?.iso8601 ?? "-",
          "\(interval.requests)",
        ]
      }
      let total = intervals.map(\.requests).reduce(0, +)
      return safeTable(["DEPLOYMENT", "VERSION", "SHARE", "FROM", "UNTIL", "REQUESTS"], rows)
        + "\n\n\(total.of("request")) in all"
    }
  }

  private func intervals() async throws -> [Serving.Interval] {
    var serving: [DeploymentName: Serving] = [:]
    var found: [Serving.Interval] = []
    try await query.ledger.forEach { decision in
      found += serving[decision.record.deployment, default: Serving()].follow(decision.record)
        .filter(isWanted)
    }
    return found + serving.sorted { $0.key < $1.key }.flatMap(\.value.present).filter(isWanted)
  }

  private func isWanted(_ interval: Serving.Interval) -> Bool {
    interval.revision.model.digest?.hasPrefix(digest) == true
  }
}

/// A moment on the command line.
struct Moment: ExpressibleByArgument {
  let instant: Instant

  init?(argument: String) {
    let text = argument.contains("T") ? argument : "\(argument)T00:00:00Z"
    guard let date = try? Date(text, strategy: .iso8601) else { return nil }
    instant = Instant(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
  }
}
