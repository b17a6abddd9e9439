import ArgumentParser
import Encoding
import Foundation
import Manifests

/// Which controller it is: its repositories, its key and its folder.
struct ControllerOptions: ParsableArguments {
  @Option(help: "The repository of manifests: a URL or a path.") var repo: String?
  @Option(help: "The branch for decisions. (default: serin/ledger)") var ledgerBranch: String?
  @Option(
    help: ArgumentHelp(
      "The private key that signs decisions, from `serin keygen`.", valueName: "file"))
  var signingKey: String?
  @Option(
    help: ArgumentHelp(
      "The folder for clones, logs and artifacts. (default: .serin)", valueName: "dir"))
  var state: String?
  @Option(
    help: ArgumentHelp(
      "A Controller file with everything else; flags win over it.", valueName: "file"))
  var config: String?
  @OptionGroup var remote: RemoteOptions

  /// What the manifests' decoder refuses in a file is refused as a flag.
  func validate() throws {
    try Self.requireBranch(ledgerBranch)
    guard state != "" else { throw ValidationError("--state must name a folder.") }
    guard repo.flatMap(URLComponents.init(string:))?.password == nil else {
      throw ValidationError("--repo holds a password: give it with --token-file.")
    }
  }

  static func requireBranch(_ branch: String?) throws {
    guard let branch, !isBranch(branch) else { return }
    throw ValidationError("\"\(DisplayText.safe(branch))\" is not the name of a branch.")
  }

  private static func isBranch(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("..") && !name.hasPrefix("-") && !name.hasPrefix("/")
      && !name.contains { $0.isWhitespace || "~^:?*[\\".contains($0) }
  }

  /// The operator's file, with the flags over it.
  func configuration(
    branch: String? = nil, path: String? = nil, interval: Duration? = nil,
    sourceSigners: String? = nil, listen: ListenAddress? = nil,
    serving: ListenAddress? = nil
  ) throws -> ControllerConfiguration {
    let base = try config.map(Self.read)
    guard let url = repo ?? base?.source.repository.url else {
      throw ValidationError("Give the repository to watch: --repo URL, or --config FILE.")
    }
    let repository = RepositorySettings(
      url: url,
      authentication: remote.authentication ?? base?.source.repository.authentication ?? .init())
    // A ledger with a repository of its own keeps it, whatever the flags say of the source.
    let isElsewhere = base?.ledger.repository.url != base?.source.repository.url
    let source = SourceSettings(
      repository: repository, branch: branch ?? base?.source.branch ?? "main",
      path: path ?? base?.source.path ?? "",
      interval: interval ?? base?.source.interval ?? .seconds(10),
      timeout: base?.source.timeout ?? .seconds(30),
      allowedSigners: sourceSigners ?? base?.source.allowedSigners,
      gpgKeyring: base?.source.gpgKeyring,
      requireSigned: base?.source.requireSigned ?? false)
    let ledger = LedgerSettings(
      repository: isElsewhere ? base?.ledger.repository ?? repository : repository,
      branch: ledgerBranch ?? base?.ledger.branch ?? "serin/ledger",
      pushInterval: base?.ledger.pushInterval ?? .seconds(10),
      maxPublishLag: base?.ledger.maxPublishLag ?? .seconds(3600),
      committer: base?.ledger.committer ?? Committer(),
      signingKeyFile: signingKey ?? base?.ledger.signingKeyFile)
    var runtimes = base?.runtimes ?? [RuntimeSettings()]
    if let serving {
      guard runtimes.count == 1 else {
        throw ValidationError("--serve is for one runtime, and there are \(runtimes.count).")
      }
      runtimes[0].local.listen = serving
    }
    return ControllerConfiguration(
      name: base?.name ?? "serin", source: source, ledger: ledger,
      state: state ?? base?.state ?? ".serin", runtimes: runtimes,
      console: listen.map {
        ConsoleSettings(listen: $0, webhookSecretFile: base?.console?.webhookSecretFile)
      } ?? base?.console,
      retraining: base?.retraining)
  }

  static func read(_ path: String) throws -> ControllerConfiguration {
    let file = decodeController(Array(try Data(given: path)), path: path)
    guard let configuration = file.configuration else {
      throw Failure(.user, "\(path) is wrong\n\n\(file.rendering)")
    }
    return configuration
  }
}
