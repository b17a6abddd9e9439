import ArgumentParser
import Encoding
import Foundation
import Manifests

/// Which controller it is: its repositories, its key and its folder.
struct ControllerOptions: ParsableArguments {
  @Option(help: "The repository of manifests: a URL or a path.") var repo: String?
  @Option(
    help: ArgumentHelp(
      "The repository for decisions: one of its own is safer. (default: that of --repo)",
      valueName: "url"))
  var ledgerRepo: String?
  @Option(help: "The branch for decisions. (default: \(Defaults.ledgerBranch))") var ledgerBranch:
    String?
  @Option(
    help: ArgumentHelp(
      "The private key that signs decisions, from `serin keygen`.", valueName: "file"))
  var signingKey: String?
  @Option(
    help: ArgumentHelp(
      "Those whose decisions are obeyed beside this controller's, as OpenSSH writes them.",
      valueName: "file"))
  var ledgerSigners: String?
  @Option(
    help: ArgumentHelp(
      "The folder for clones, logs and artifacts. (default: \(Defaults.state))", valueName: "dir"))
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
    for (option, url) in [("--repo", repo), ("--ledger-repo", ledgerRepo)]
    where url.flatMap(URLComponents.init(string:))?.password != nil {
      throw ValidationError("\(option) holds a password: give it with --token-file.")
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
    var all = try written()
    all.source.branch = branch ?? all.source.branch
    all.source.path = path ?? all.source.path
    all.source.interval = interval ?? all.source.interval
    all.source.allowedSigners = sourceSigners ?? all.source.allowedSigners
    all.ledger.branch = ledgerBranch ?? all.ledger.branch
    all.ledger.signingKeyFile = signingKey ?? all.ledger.signingKeyFile
    all.ledger.allowedSigners = ledgerSigners ?? all.ledger.allowedSigners
    all.state = state ?? all.state
    if let serving {
      guard all.runtimes.count == 1 else {
        throw ValidationError("--serve is for one runtime, and there are \(all.runtimes.count).")
      }
      guard all.runtimes[0].local != nil else {
        throw ValidationError("--serve is for a runtime on this machine, and this one is not.")
      }
      all.runtimes[0].local?.listen = serving
    }
    if let listen {
      var console = all.console ?? ConsoleSettings()
      console.listen = listen
      all.console = console
    }
    return all
  }

  /// The operator's file, or the defaults, for the repository that the flags name.
  private func written() throws -> ControllerConfiguration {
    let file = try config.map(Self.read)
    guard let url = repo ?? file?.source.repository.url else {
      throw ValidationError("Give the repository to watch: --repo URL, or --config FILE.")
    }
    let repository = RepositorySettings(
      url: url,
      authentication: remote.authentication ?? file?.source.repository.authentication ?? .init())
    var all = file ?? ControllerConfiguration(source: SourceSettings(repository: repository))
    // A ledger with a repository of its own keeps it, whatever the flags say of the source.
    if all.ledger.repository.url == all.source.repository.url {
      all.ledger.repository = repository
    }
    all.source.repository = repository
    all.ledger.repository = ledgerRepo.map(repository.sibling) ?? all.ledger.repository
    return all
  }

  static func read(_ path: String) throws -> ControllerConfiguration {
    let file = decodeController(Array(try Data(given: path)), path: path)
    guard let configuration = file.configuration else {
      throw Failure(.user, "\(path) is wrong\n\n\(file.rendering)")
    }
    return configuration
  }
}
