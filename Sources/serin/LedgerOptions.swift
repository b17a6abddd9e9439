import ArgumentParser
import Ledger
import Manifests

/// Where a command finds the ledger.
struct LedgerOptions: ParsableArguments {
  @Option(help: "A clone, or the URL of the repository.") var repo = "."
  @Option(help: "The branch of the decisions.") var ledgerBranch = "serin/ledger"
  @OptionGroup var remote: RemoteOptions

  /// Opens the ledger at its present tip.
  func reader() async throws -> LedgerReader {
    let repository = RepositorySettings(url: repo, authentication: remote.authentication ?? .init())
    return try await Composition.ledger(repository, branch: ledgerBranch)
  }
}
