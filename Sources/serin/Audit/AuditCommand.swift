import ArgumentParser
import Audit
import Encoding
import Foundation
import Git
import Ledger
import Manifests

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Verify the ledger, and ask it questions.",
    discussion: """
      Needs a clone or the URL of the ledger and nothing else; docs/audit.md explains it. Only \
      `verify` verifies: the others believe what they read. Moments are in UTC.
      """,
    subcommands: [
      AuditVerifyCommand.self, AuditReplayCommand.self, AuditLogCommand.self, AuditShowCommand.self,
      AuditWhyCommand.self,
      AuditWhoCommand.self, AuditRunningCommand.self, AuditExposureCommand.self,
      AuditDiffPolicyCommand.self, AuditPopulationCommand.self, AuditSampleCommand.self,
      AuditExceptionsCommand.self, AuditGapsCommand.self, AuditExportCommand.self,
      AuditSealCommand.self, AuditAdoptCommand.self,
    ])
}

struct AuditVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Prove that nobody changed, added or removed a decision.",
    discussion: """
      Reads every commit of the branch once, oldest first, and stops at the first that is wrong: \
      signatures, order, records, their digests and chains, messages, evidence, status files, dates \
      and transitions. Then it makes the decision again, with the function that made it, from what \
      the rollout was told look by look, and compares. It trusts the keys in FILE and nothing on the branch. It cannot see that the \
      newest decisions were taken away: keep the tip that it prints, and give it with --since.

      Exit codes beside those of serin:

      \(exitCodes)
      """)

  private static let exitCodes = Finding.Kind.allCases.map { kind in
    "  \(kind.exitCode)  \(kind.rawValue): \(kind.summary)"
  }.joined(separator: "\n")

  @Option(
    help: ArgumentHelp(
      "The keys to trust: the auditor's own copy, not that on the branch.", valueName: "file"))
  var allowedSigners: String
  @Option(
    help: ArgumentHelp(
      "A commit that was verified before; only later ones are read.", valueName: "commit"))
  var since: String?
  @Option(
    help: ArgumentHelp(
      "A clone of the manifests: what each decision followed must be in it.", valueName: "clone"))
  var manifests: String?
  @Flag(help: "Leave out the last step: making every decision again from its evidence.")
  var withoutReplay = false
  @OptionGroup var ledger: LedgerOptions
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func run() async throws {
    let signers = try Self.signers(in: allowedSigners)
    let outcome = try await verify(try await ledger.branch(), signers)
    switch output {
    case .json: try printJSON(outcome)
    case .text: print(outcome.text)
    }
    if let finding = outcome.finding { throw ExitCode(finding.kind.exitCode) }
  }

  private func verify(
    _ branch: LedgerBranch, _ signers: AllowedSigners
  ) async throws -> AuditOutcome {
    let start = try await LedgerAudit(
      after: since, in: branch, signers: signers, replays: !withoutReplay)
    guard var audit = start else {
      let finding = Finding(
        .history, ledgerSeq: 0, commit: branch.commit, expected: "a history through \(since ?? "")",
        found: "one that does not know this commit")
      return AuditOutcome(ledger.ledgerBranch, LedgerAudit(signers: signers), finding)
    }
    if let finding = try await finding(atStartOf: audit, in: branch) {
      return AuditOutcome(ledger.ledgerBranch, LedgerAudit(signers: signers), finding)
    }
    let archive = try manifests.map { try ManifestArchive(clone: $0) }
    var progress = Progress(of: try await branch.begin(after: audit.tip), "records")
    defer { progress.end() }
    do {
      try await audit.check(branch) { commit, decision in
        try await Self.check(decision, in: commit, against: archive)
        progress.step()
      }
      return AuditOutcome(ledger.ledgerBranch, audit, nil)
    } catch let finding as Finding {
      return AuditOutcome(ledger.ledgerBranch, audit, finding)
    }
  }

  /// Returns what is wrong with the signature of the commit behind which an audit begins.
  private func finding(
    atStartOf audit: LedgerAudit, in branch: LedgerBranch
  ) async throws -> Finding? {
    guard let tip = audit.tip else { return nil }
    let object = try await branch.object(of: tip)
    do throws(Finding) {
      try LedgerAudit.checkStart(object, of: tip, at: audit.nextSeq - 1, audit.signers)
      return nil
    } catch {
      return error
    }
  }

  /// Checks that the manifest which a decision followed is where it says; without one there is nothing
  /// to check.
  private static func check(
    _ decision: RecordedDecision?, in commit: String, against archive: ManifestArchive?
  ) async throws {
    guard let record = decision?.record, let source = record.source else { return }
    do {
      try await archive?.check(source)
    } catch let mismatch as SourceMismatch {
      throw Finding(
        .source, ledgerSeq: record.ledgerSeq, commit: commit, path: mismatch.path,
        expected: mismatch.expected, found: mismatch.found)
    }
  }

  /// Reads the keys to trust, of which there must be some.
  static func signers(in path: String) throws -> AllowedSigners {
    let data = try Data(given: path)
    do throws(AllowedSignersError) {
      let signers = try AllowedSigners(String(decoding: data, as: UTF8.self))
      guard signers.signers.isEmpty else { return signers }
    } catch {
      throw Failure(.user, "\(path): \(error)")
    }
    throw Failure(
      .user, "\(path) has no ssh-ed25519 key", hint: "serin keygen prints such a line")
  }
}

/// What an audit says in the end.
private struct AuditOutcome: Encodable {
  let branch: String
  /// The last commit that was verified.
  let tip: String?
  let deployments: Int
  let verified: AuditReport
  @SpeltOut var finding: Finding?

  init(_ branch: String, _ audit: LedgerAudit, _ finding: Finding?) {
    self.branch = branch
    (tip, deployments, verified) = (audit.tip, audit.deployments, audit.report)
    self.finding = finding
  }

  var text: String { (finding.map(bad) ?? good).map(DisplayText.safe).joined(separator: "\n") }

  private var good: [String] {
    guard verified.records > 0 else {
      return ["\(branch) has no later record: the tip is still \(tip ?? "none")"]
    }
    return ["\(branch) is as its controller wrote it"] + numbers + [
      "", "Keep this commit; the next time, begin behind it:", "--since \(tip ?? "")",
    ]
  }

  private var numbers: [String] {
    let verdicts = verified.verdicts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    let times = [verified.since, verified.until].compactMap { $0?.iso8601 }
    return [
      "  records    \(verified.first) to \(verified.last)",
      "  decisions  \(verified.decisions), of \(deployments.of("deployment"))",
      "  decided    \(times.isEmpty ? "nothing" : times.joined(separator: " to "))",
      "  verdicts   \(verdicts.joined(separator: ", "))",
    ]
      + verified.signers.map { signer in
        "  signed by  \(signer.key) of \(signer.instance): "
          + "\(signer.records.of("record")), \(signer.first) to \(signer.last)"
      }
  }

  private func bad(_ finding: Finding) -> [String] {
    let place = finding.ledgerSeq > 0 ? " at record \(finding.ledgerSeq)" : ""
    let verified =
      self.verified.records > 0
      ? "records \(self.verified.first) to \(self.verified.last) are right" : "nothing before it"
    return [
      "\(branch) is wrong\(place): \(finding.kind.summary)",
      "  finding    \(finding.kind.rawValue)", "  commit     \(finding.commit)",
    ] + (finding.path.map { ["  path       \($0)"] } ?? []) + [
      "  expected   \(finding.expected)", "  found      \(finding.found)",
      "  verified   \(verified)", "", "To do: \(finding.kind.advice).",
    ]
  }
}
