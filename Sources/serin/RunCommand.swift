import ArgumentParser
import Control
import Foundation
import Logging
import Manifests

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Watch a repository and bring about what it asks for.",
    discussion: """
      Ctrl-C stops the controller; Envoy and the model servers go on serving, and are taken over \
      again at the next start. `serin stop` stops them too.

      Without --config, models are served on this machine with MLServer behind Envoy, at \
      http://127.0.0.1:8080/NAMESPACE/v2/models/NAME/infer.
      """)

  @Option(help: "The repository of manifests: a URL or a path.") var repo: String?
  @Option(help: "The branch to watch. (default: main)") var branch: String?
  @Option(help: "The folder to watch in it. (default: all of it)") var path: String?
  @Option(help: "The branch for decisions. (default: serin/ledger)") var ledgerBranch: String?
  @Option(
    help: ArgumentHelp(
      "The private key that signs decisions, from `serin keygen`.", valueName: "file"))
  var signingKey: String?
  @Option(
    help: ArgumentHelp(
      "Those who may sign the manifests' commits, as OpenSSH writes them.", valueName: "file"))
  var sourceSigners: String?
  @Option(
    help: ArgumentHelp(
      "The folder for clones, logs and artifacts. (default: .serin)", valueName: "dir"))
  var state: String?
  @Option(help: "The time between two fetches, as 10s or 1m. (default: 10s)") var interval:
    Interval?
  @Flag(help: "Bring everything to rest once, publish, and end.") var once = false
  @Option(
    help: ArgumentHelp(
      "A Controller file with everything else; flags win over it.", valueName: "file"))
  var config: String?
  @OptionGroup var remote: RemoteOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    let logger = try log.logger()
    let configuration = try configuration()
    let (composition, folder) = (
      try Composition(configuration, logger: logger), configuration.state
    )
    let once = once
    try await untilInterrupted { try await composition.run(once: once) }
    logger.info(
      "stopped; what serves goes on serving",
      metadata: ["to-stop-it": "serin stop --state \(folder)"])
  }

  /// What the manifests' decoder refuses in a file is refused as a flag.
  func validate() throws {
    let parts = path.map { $0.split(separator: "/", omittingEmptySubsequences: false) } ?? []
    guard !parts.contains(".."), path?.hasPrefix("/") != true else {
      throw ValidationError("--path \(path ?? ""): it must be a folder of the repository.")
    }
    for branch in [branch, ledgerBranch].compactMap(\.self) where !Self.isBranch(branch) {
      throw ValidationError("\"\(DisplayText.safe(branch))\" is not the name of a branch.")
    }
    guard state != "" else { throw ValidationError("--state must name a folder.") }
    guard repo.flatMap(URLComponents.init(string:))?.password == nil else {
      throw ValidationError("--repo holds a password: give it with --token-file.")
    }
  }

  private static func isBranch(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("..") && !name.hasPrefix("-") && !name.hasPrefix("/")
      && !name.contains { $0.isWhitespace || "~^:?*[\\".contains($0) }
  }

  /// The operator's file, with the flags over it.
  private func configuration() throws -> ControllerConfiguration {
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
      interval: interval?.duration ?? base?.source.interval ?? .seconds(10),
      timeout: base?.source.timeout ?? .seconds(30),
      allowedSigners: sourceSigners ?? base?.source.allowedSigners,
      requireSigned: base?.source.requireSigned ?? false)
    let ledger = LedgerSettings(
      repository: isElsewhere ? base?.ledger.repository ?? repository : repository,
      branch: ledgerBranch ?? base?.ledger.branch ?? "serin/ledger",
      pushInterval: base?.ledger.pushInterval ?? .seconds(10),
      maxPublishLag: base?.ledger.maxPublishLag ?? .seconds(3600),
      committer: base?.ledger.committer ?? Committer(),
      signingKeyFile: signingKey ?? base?.ledger.signingKeyFile)
    return ControllerConfiguration(
      name: base?.name ?? "serin", source: source, ledger: ledger,
      state: state ?? base?.state ?? ".serin", runtimes: base?.runtimes ?? [RuntimeSettings()])
  }

  static func read(_ path: String) throws -> ControllerConfiguration {
    let file = decodeController(Array(try Data(given: path)), path: path)
    guard let configuration = file.configuration else {
      throw Failure(.user, "\(path) is wrong\n\n\(file.rendering)")
    }
    return configuration
  }
}

struct StopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop Envoy and the model servers that a controller left.",
    discussion: "Requests under way are answered first. The controller must not be running.")

  @Option(help: ArgumentHelp("The folder that serin run was given.", valueName: "dir"))
  var state = ".serin"
  @OptionGroup var log: LogOptions

  func run() async throws {
    guard FileManager.default.fileExists(atPath: state) else {
      throw Failure(.user, "\(state): no such folder", hint: "name it with --state")
    }
    try await Composition.stopServing(state: state, logger: log.logger())
    print("stopped")
  }
}

/// A duration on the command line, written as in a manifest.
struct Interval: ExpressibleByArgument {
  let duration: Duration

  var defaultValueDescription: String { duration.shortText }

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = Duration(manifest: argument), duration >= .seconds(1) else {
      return nil
    }
    self.duration = duration
  }
}
