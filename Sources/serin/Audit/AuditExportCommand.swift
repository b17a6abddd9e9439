import ArgumentParser
import Audit
import Foundation
import Git
import Ledger
import Manifests
import Reports
import Rollouts

struct AuditExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Print decisions as CSV, JSON or a page to hand over.",
    discussion: """
      The page is one file that needs nothing else: who asked for each rollout, what served, every \
      decision with its numbers, and charts of the evidence. With --allowed-signers the branch is \
      verified while it is read; the page says what came of it, and so do the exit codes of \
      `serin audit verify`.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case csv, json, html }

  @Option(help: "csv, json or html.") var format: Format
  @Option(help: "One deployment: NAME or NAMESPACE/NAME. (default: all)") var deployment: String?
  @Option(help: "One rollout of the deployment, by its number. (default: all)") var rollout: Int?
  @Option(
    help: ArgumentHelp(
      "The keys to trust: the auditor's own copy, not that on the branch.", valueName: "file"))
  var allowedSigners: String?
  @OptionGroup var ledger: LedgerOptions

  func validate() throws {
    guard rollout == nil || deployment != nil else {
      throw ValidationError("Rollouts are counted by deployment: give --deployment as well.")
    }
  }

  func run() async throws {
    let name = try deployment.map(DeploymentName.init(argument:))
    let subject = LedgerReport.Subject(deployment: name, rollout: rollout)
    let signers = try allowedSigners.map(AuditVerifyCommand.signers)
    let branch = try await ledger.branch()
    var evidence = RecordedEvidence(of: format == .html ? subject : nil)
    let (decisions, verification) = try await read(branch, signers, &evidence)
    let wanted = decisions.filter { subject.contains($0.record) }
    if wanted.isEmpty, let name { throw failure(name, in: decisions) }
    switch format {
    case .csv: print(CSV(wanted).text, terminator: "")
    case .json: try printJSON(wanted)
    case .html:
      let report = LedgerReport(
        on: subject, decisions: decisions, evidence: evidence.found,
        branch: ledger.ledgerBranch, tip: branch.commit, version: Version.current,
        verification: verification)
      print(report.html, terminator: "")
    }
    guard case .wrong(_, let finding) = verification else { return }
    FileHandle.standardError.write(Data("the ledger is wrong: \(finding)\n".utf8))
    throw ExitCode(finding.kind.exitCode)
  }

  /// Reads every decision, and verifies each commit on the way: what is shown is what was verified.
  private func read(
    _ branch: LedgerBranch, _ signers: AllowedSigners?, _ evidence: inout RecordedEvidence
  ) async throws -> ([CommittedDecision], LedgerReport.Verification) {
    var audit = signers.map { LedgerAudit(signers: $0) }
    var (decisions, finding): ([CommittedDecision], Finding?) = ([], nil)
    var progress = Progress(of: try await branch.begin(after: nil), "decisions")
    defer { progress.end() }
    while let commit = try await branch.next() {
      if finding == nil { finding = audit?.finding(in: commit) }
      let found = try commit.decisions()
      for decision in found { evidence.follow(decision.record, commit) }
      decisions += found
      progress.step()
    }
    guard let audit else { return (decisions, .notDone) }
    return (decisions, finding.map { .wrong(audit.report, $0) } ?? .right(audit.report))
  }

  private func failure(_ name: DeploymentName, in decisions: [CommittedDecision]) -> Failure {
    guard let rollout, decisions.contains(where: { $0.record.deployment == name }) else {
      return Failure(unknown: name)
    }
    return Failure(
      .user, "\(name) has no rollout \(rollout)", hint: "serin history \(name) -o json has them all"
    )
  }
}

/// The evidence of the decisions that a page tells, look by look, made again from their records.
private struct RecordedEvidence {
  /// Nil when nobody asks.
  let subject: LedgerReport.Subject?
  /// By the number of the decision.
  private(set) var found: [Int: DecisionEvidence] = [:]
  private var rederivations: [DeploymentName: Rederivation] = [:]

  init(of subject: LedgerReport.Subject?) { self.subject = subject }

  mutating func follow(_ record: Record, _ commit: LedgerCommit) {
    // An earlier rollout leads to one that is asked for.
    guard let subject, subject.deployment.map({ $0 == record.deployment }) ?? true else { return }
    let json = commit.replay(of: record)
    let before = rederivations[record.deployment]?.state ?? Rollout(name: record.deployment)
    if subject.contains(record), let replay = Replay(json: json) {
      found[record.ledgerSeq] = replay.evidence(after: before)
    }
    _ = rederivations[record.deployment, default: Rederivation()].check(record, json)
  }
}

extension LedgerAudit {
  /// Verifies the next commit, and returns what is wrong with it.
  fileprivate mutating func finding(in commit: LedgerCommit) -> Finding? {
    do throws(Finding) {
      try check(commit)
      return nil
    } catch {
      return error
    }
  }
}
