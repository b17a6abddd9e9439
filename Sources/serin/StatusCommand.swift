import ArgumentParser
import Ledger
import Rollouts

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
        status.since.localText,
        "\(status.verdict.rawValue)\(status.version.map { " v\($0)" } ?? "")",
        status.reason,
      ].map(CommitMessage.line)
    }
    return serin.table(["DEPLOYMENT", "PHASE", "STABLE", "SINCE", "LAST DECISION", "WHY"], rows)
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
    let deployment = try parsedName()
    let records = try await ledger.reader().history(of: deployment)
    guard !records.isEmpty else {
      throw Failure(
        .user, "the ledger knows no deployment \(deployment)",
        hint: "serin status lists all of them")
    }
    switch output {
    case .json: try printJSON(records)
    case .text: print(Self.table(records))
    }
  }

  private func parsedName() throws -> DeploymentName {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1: return DeploymentName(namespace: "default", name: parts[0])
    case 2: return DeploymentName(namespace: parts[0], name: parts[1])
    default: throw Failure(.user, "\"\(name)\" is neither NAME nor NAMESPACE/NAME")
    }
  }

  private static func table(_ records: [Record]) -> String {
    let rows = records.map { record in
      [
        "\(record.seq)", record.decidedAt.localText, record.verdict.rawValue,
        record.revision.map { "v\($0.model.version)" } ?? "-", record.to, record.reason,
      ].map(CommitMessage.line)
    }
    return serin.table(["#", "TIME", "DECISION", "VERSION", "NOW", "WHY"], rows)
  }
}
