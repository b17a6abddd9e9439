import ArgumentParser
import Audit
import Encoding
import Ledger
import Manifests
import Rollouts
import Wording

/// A question to the whole history of a ledger.
struct AuditQueryOptions: ParsableArguments {
  @OptionGroup var ledger: LedgerOptions
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func decisions(
    where isWanted: (Record) -> Bool
  ) async throws -> [CommittedDecision] {
    var decisions: [CommittedDecision] = []
    try await ledger.forEach { if isWanted($0.record) { decisions.append($0) } }
    return decisions
  }

  /// The decisions of one deployment, of which there must be some.
  func decisions(of deployment: DeploymentName) async throws -> [CommittedDecision] {
    let decisions = try await decisions { $0.deployment == deployment }
    guard !decisions.isEmpty else { throw Failure(unknown: deployment) }
    return decisions
  }

  func show(_ value: some Encodable, _ text: () -> String) throws {
    switch output {
    case .json: try printJSON(value)
    case .text: print(text())
    }
  }
}

struct AuditLogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Show every decision on the branch, oldest first.")

  @OptionGroup var query: AuditQueryOptions

  func run() async throws {
    let decisions = try await query.decisions { _ in true }
    try query.show(decisions) { decisions.table }
  }
}

extension [CommittedDecision] {
  /// A line for each, for people.
  var table: String {
    let rows = map(\.record).map { record in
      [
        "\(record.ledgerSeq)", record.decidedAt.iso8601, record.deployment.description,
        record.verdict.rawValue, record.revision.map { "v\($0.model.version)" } ?? "-",
        "\(record.from.words) -> \(record.to.words)", record.text,
      ]
    }
    return safeTable(["#", "TIME", "DEPLOYMENT", "DECISION", "VERSION", "CHANGE", "WHY"], rows)
  }
}

struct AuditShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one decision with its numbers.")

  @Argument(help: "Its number on the branch: Ledger-Seq of its commit.") var seq: Int
  @OptionGroup var query: AuditQueryOptions

  func run() async throws {
    let decisions = try await query.decisions { $0.ledgerSeq == seq }
    guard let decision = decisions.first else {
      throw Failure(
        .user, "the ledger has no decision \(seq)", hint: "serin audit log lists all of them")
    }
    try query.show(decision) { decision.text }
  }
}

struct AuditWhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Show why a deployment stands where it stands.")

  @Argument(help: "A deployment: NAME or NAMESPACE/NAME.") var name: String
  @OptionGroup var query: AuditQueryOptions

  func run() async throws {
    let decisions = try await query.decisions(of: DeploymentName(argument: name))
    guard let last = decisions.last else { return }
    try query.show(last) {
      DisplayText.safe("\(last.record.deployment) is: \(last.record.to)") + "\n\n" + last.text
    }
  }
}

struct AuditWhoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "who", abstract: "Show who asked for each change of a deployment.",
    discussion: """
      Lists the decisions that followed the manifest, with each commit that changed the manifest or its \
      profile since the decision before, newest first. A share that grew on evidence was asked for by nobody.
      """)

  @Argument(help: "A deployment: NAME or NAMESPACE/NAME.") var name: String
  @OptionGroup var query: AuditQueryOptions

  func run() async throws {
    let decisions = try await query.decisions(of: DeploymentName(argument: name)).filter {
      $0.record.cause == .manifest || $0.record.cause == .operator
    }
    try query.show(decisions) {
      safeTable(
        ["#", "TIME", "DECISION", "VERSION", "AUTHOR", "COMMIT", "SIGNATURE", "MANIFEST"],
        decisions.flatMap { Self.rows($0.record) })
    }
  }

  /// A line for each commit, and one for those that are not listed.
  private static func rows(_ record: Record) -> [[String]] {
    let decision = [
      "\(record.ledgerSeq)", record.decidedAt.iso8601, record.verdict.rawValue,
      record.revision.map { "v\($0.model.version)" } ?? "-",
    ]
    guard let source = record.source else { return [decision + ["-", "-", "-", "-"]] }
    let changes = source.changes.map { change in
      [
        change.author, String(change.commit.prefix(12)), change.signer?.words ?? "-",
        change.paths.joined(separator: ", "),
      ]
    }
    let others = source.unlisted.map { [[$0, "-", "-", source.path]] } ?? []
    return (changes + others).map { decision + $0 }
  }
}

extension CommittedDecision {
  /// The decision for a person, field by field.
  fileprivate var text: String {
    let revision = record.revision.map { " v\($0.model.version)" } ?? ""
    let title =
      "decision \(record.ledgerSeq): \(record.verdict.rawValue) \(record.deployment)\(revision), "
      + "\(record.from.words) -> \(record.to.words)"
    let lines = fields.map { name, value in
      "  \(name)\(String(repeating: " ", count: 10 - name.count))\(CommitMessage.line(value))"
    }
    return ([title] + lines).map(DisplayText.safe).joined(separator: "\n")
  }

  private var fields: [(String, String)] {
    let exposure = record.exposure
    var fields = [
      ("why", record.text), ("cause", record.cause.rawValue),
    ]
    fields += record.late.map { [("late", $0.detail?.description ?? "yes")] } ?? []
    fields += record.remarks.map { ("remark", $0.summary) }
    fields += record.crash.map { [("server", Self.crash($0))] } ?? []
    fields += record.errorSample.map { [("answer", "\($0.summary), \($0.at.iso8601)")] } ?? []
    fields += record.differences.map { [("differ", $0.summary)] } ?? []
    fields += [
      ("decided", "\(record.decidedAt.iso8601) by \(controller)"),
      ("model", record.revision.map(Self.model) ?? "none"),
      ("stable", record.stable.map(Self.model) ?? "none"), ("source", source),
    ]
    fields += changes.map { ("changed", $0) }
    fields += record.checks.map { ("check", Self.check($0)) }
    fields += record.drift.flatMap { report in
      [("drift", Self.drift(report))] + report.moved.map { ("moved", Self.moved($0)) }
    }
    fields += [
      (
        "requests",
        "candidate \(exposure.candidate), stable \(exposure.stable), since the one before"
      ),
      ("traffic", traffic), ("commit", commit), ("follows", record.prev ?? "none"),
    ]
    return fields
  }

  private var controller: String {
    "\(record.controller.instance) \(record.controller.version), epoch \(record.controller.epoch)"
  }

  private static func model(_ revision: Revision) -> String {
    "v\(revision.model.version), \(revision.model.digest ?? "no digest"), \(revision.model.uri)"
  }

  private var source: String {
    record.source.map { "\($0.path) at \($0.commit)" } ?? "none"
  }

  /// "8f3bbf01… by Ada Lovelace <ada@example.org>, signed by …", newest first.
  private var changes: [String] {
    guard let source = record.source else { return [] }
    return source.changes.map { change in
      let signature = change.signer.map { ", \($0.words)" } ?? ""
      return "\(change.commit) by \(change.author)\(signature)"
    } + [source.unlisted].compactMap(\.self)
  }

  /// "2026-…: the model server was killed (signal 9) 3 times: "loading the weights"".
  private static func crash(_ crash: Crash) -> String {
    "\(crash.at.iso8601): \(crash.summary(words: 120))"
  }

  private static func check(_ report: CheckReport) -> String {
    let stable = "stable \(report.stable.bad) of \(report.stable.total)"
    return "\(report.summary); \(stable)"
  }

  /// "predictions beside 560 samples of stable: fail, after 212 samples".
  private static func drift(_ report: DriftReport) -> String {
    let reference =
      report.subject == .predictions
      ? "\(report.reference) samples of stable" : "\(report.reference) rows of training"
    let move = report.move.map { "\($0.words), " } ?? ""
    return "\(report.subject.rawValue) beside \(reference): \(move)\(report.verdict.rawValue), "
      + "after \(report.samples) samples"
  }

  /// "amount is 100 or more for 32% instead of 10%, PSI 0.6 (0.1 by chance), since …".
  private static func moved(_ moved: DriftReport.Moved) -> String {
    "\(moved.summary), PSI \(moved.index) (\(moved.criticalIndex) by chance), "
      + "since \(moved.since.iso8601)"
  }

  private var traffic: String {
    let arms = record.arms?.map(\.revision) ?? []
    let revisions = [record.revision, record.stable].compactMap(\.self) + arms
    func name(of id: Revision.ID) -> String {
      revisions.first { $0.id == id }.map { "v\($0.model.version)" } ?? id.description
    }
    func words(_ share: Plan.Share) -> String { "\(share.weight) to \(name(of: share.revision))" }
    let copies = record.routes.compactMap(\.mirror).map { "copies of \(words($0))" }
    let matches = record.routes.compactMap(\.match).map {
      "\($0.when.words) to \(name(of: $0.revision))"
    }
    var seen: Set<Revision.ID> = []
    let answering = record.routes.flatMap(\.shares).map(\.revision)
      .filter { seen.insert($0).inserted }
      .map { words(Plan.Share(revision: $0, weight: record.weight(of: $0))) }
    let shares = answering + copies + matches
    return shares.isEmpty ? "none" : shares.joined(separator: ", ")
  }
}
