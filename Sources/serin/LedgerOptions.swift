import ArgumentParser
import Git
import Ledger
import Manifests

/// Where a command finds the ledger.
struct LedgerOptions: ParsableArguments {
  @Option(help: "A clone, or the URL of the repository.") var repo = "."
  @Option(help: "The branch of the decisions.") var ledgerBranch = "serin/ledger"
  @OptionGroup var remote: RemoteOptions

  /// Opens the ledger at its present tip.
  func branch() async throws -> LedgerBranch {
    let repository = RepositorySettings(url: repo, authentication: remote.authentication ?? .init())
    return try await Composition.ledger(repository, branch: ledgerBranch)
  }

  /// Opens the files at that tip.
  func reader() async throws -> LedgerReader {
    let branch = try await branch()
    return LedgerReader(paths: try await branch.paths()) { try await branch.read($0) }
  }
}
