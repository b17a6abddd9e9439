import ArgumentParser
import Ledger
import Rollouts
import Wording

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show where every deployment stands.",
    discussion: "Reads the ledger's branch of a clone or URL; no controller is needed.")

  @OptionGroup var ledger: LedgerOptions
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func run() async throws {
    let statuses = try await ledger.reader().newest().map(Status.init)
    switch output {
    case .json: try printJSON(statuses)
    case .text where statuses.isEmpty: print("nothing has been decided yet")
    case .text: print(Self.table(statuses))
    }
  }

  private static func table(_ statuses: [Status]) -> String {
    let rows = statuses.map { status in
      [
        status.deployment.description, status.phase, status.stable.map { "v\($0)" } ?? "-",
        status.wanted?.text ?? "-", status.since.localText,
        "\(status.verdict.rawValue)\(status.version.map { " v\($0)" } ?? "")",
        status.reason + (status.answer.map { "; it answered \($0)" } ?? ""),
      ]
    }
    return safeTable(
      ["DEPLOYMENT", "PHASE", "STABLE", "WANTED", "SINCE", "LAST DECISION", "WHY"], rows)
  }
}

extension RecordedWanted {
  /// "v3", or "v3 (rejected 2026-09-24 22:40:12: errors 52%)" in the machine's time zone.
  fileprivate var text: String {
    guard let rejected else { return "v\(version)" }
    return "v\(version) (rejected \(rejected.at.localText): \(rejected.text))"
  }
}

struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Show every decision about a deployment, oldest first.",
    discussion: "Reads the ledger's branch of a clone or URL; no controller is needed.")

  @Argument(help: "A deployment: NAME or NAMESPACE/NAME.") var name: String
  @OptionGroup var ledger: LedgerOptions
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func run() async throws {
    let deployment = try DeploymentName(argument: name)
    let records = try await ledger.reader().history(of: deployment)
    guard !records.isEmpty else { throw Failure(unknown: deployment) }
    switch output {
    case .json: try printJSON(records)
    case .text: print(Self.table(records))
    }
  }

  private static func table(_ records: [Record]) -> String {
    let rows = records.map { record in
      [
        "\(record.seq)", record.decidedAt.localText, record.verdict.rawValue,
        record.revision.map { "v\($0.model.version)" } ?? "-", record.to.words, record.text,
      ]
    }
    return safeTable(["#", "TIME", "DECISION", "VERSION", "NOW", "WHY"], rows)
  }
}
