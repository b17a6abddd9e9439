import ArgumentParser
import Audit
import Encoding
import Git
import Ledger
import Manifests
import Rollouts

/// Where a command finds the ledger.
struct LedgerOptions: ParsableArguments {
  @Option(help: "A clone, or the URL of the repository.") var repo = "."
  @Option(help: "The branch of the decisions.") var ledgerBranch = Defaults.ledgerBranch
  @OptionGroup var remote: RemoteOptions

  /// Opens the ledger at its present tip.
  func branch() async throws -> LedgerBranch {
    let repository = RepositorySettings(url: repo, authentication: remote.authentication ?? .init())
    return try await Composition.ledger(repository, branch: ledgerBranch)
  }

  /// Reads every decision once, oldest first.
  ///
  /// `other` is told of the numbers of the branch that are no decision's.
  func forEach(
    _ body: (CommittedDecision) -> Void, other: (NumberedMilestone) -> Void = { _ in }
  ) async throws {
    let branch = try await branch()
    var progress = Progress(of: try await branch.begin(after: nil), "decisions")
    defer { progress.end() }
    try await branch.forEach(
      { decision in
        body(decision)
        progress.step()
      }, other: other)
  }

  /// Calls `body` with every decision and what it is to be derived from again, oldest first.
  func forEachReplay(_ body: (CommittedDecision, JSONValue) throws -> Void) async throws {
    let branch = try await branch()
    var progress = Progress(of: try await branch.begin(after: nil), "decisions")
    defer { progress.end() }
    try await branch.forEachReplay { committed, json in
      try body(committed, json)
      progress.step()
    }
  }

  /// Opens the files at that tip.
  func reader() async throws -> LedgerReader {
    let branch = try await branch()
    return LedgerReader(paths: try await branch.paths()) { try await branch.read($0) }
  }
}

extension DeploymentName {
  /// Reads NAME, in the default namespace, or NAMESPACE/NAME.
  init(argument: String) throws {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1: self.init(name: parts[0])
    case 2: self.init(namespace: parts[0], name: parts[1])
    default: throw Failure(.user, "\"\(argument)\" is neither NAME nor NAMESPACE/NAME")
    }
  }
}

extension Failure {
  init(unknown deployment: DeploymentName) {
    self.init(
      .user, "the ledger knows no deployment \(deployment)",
      hint: "serin status lists all of them")
  }
}
