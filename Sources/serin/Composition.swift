import Console
import Control
import Foundation
import Git
import Ledger
import LocalRuntime
import Logging
import Manifests
import Payloads
import Trainers

/// The only wiring: puts real adapters behind the controller's ports.
struct Composition {
  private let lock: StateLock
  private let runtimes: [(name: String, local: LocalRuntime)]
  private let controller: Controller
  private let console: Console?
  private let announce: @Sendable () -> Void

  /// Builds everything; nothing is started, but whatever can never work is refused here.
  init(
    _ configuration: ControllerConfiguration, takesOver: Bool = false, logger: Logger
  ) throws {
    let folder = try Self.folder(configuration.state)
    lock = try StateLock(folder)
    let source = try Self.remote(
      configuration.source.repository, timeout: configuration.source.timeout)
    let ledger = try Self.remote(
      configuration.ledger.repository, timeout: configuration.source.timeout)
    try Self.refuseLoop(source, ledger, configuration)
    for remote in [source, ledger] { try Self.refuseNothing(remote) }
    try Self.refuseWorkTree(configuration.ledger.repository.url)
    let signingKey = try configuration.ledger.signingKeyFile.map(SigningKeyFile.read)
    let signatures = try Self.signatures(configuration.source)
    announce = { Self.announce(signingKey, configuration.ledger, logger) }
    let identity = Self.identity(configuration)
    let intake = Intake(life: identity.life, clock: SystemClock())
    let events = EventIntake(into: intake, clock: SystemClock())
    let webhook = try configuration.console.flatMap(Self.webhook)
    runtimes = configuration.runtimes.map { runtime in
      (
        runtime.name,
        LocalRuntime(
          Self.setup(runtime, in: folder), intake: intake,
          logger: Self.logger(of: runtime, among: configuration.runtimes, logger))
      )
    }
    controller = Controller(
      source: try GitSource(
        remote: source, branch: configuration.source.branch, path: configuration.source.path,
        repository: folder.appending(path: "source.git").path,
        signatures: signatures),
      ports: Fleet.Ports(
        runtimes: Runtimes(
          runtimes.map { Runtimes.Place(name: $0.name, runtime: $0.local, telemetry: $0.local) }),
        sampling: events,
        store: try Self.store(ledger, configuration, signingKey, in: folder),
        checkpoints: try CheckpointFolder(folder.appending(path: "checkpoints")),
        clock: SystemClock(), retraining: try Self.retraining(configuration)),
      identity: identity, repository: source.description,
      pace: Controller.Pace(
        fetch: configuration.source.interval, push: configuration.ledger.pushInterval),
      maxPublishLag: configuration.ledger.maxPublishLag, takesOver: takesOver,
      refresh: webhook?.refresh, logger: logger)
    console = configuration.console.map { [controller] settings in
      Console(
        host: settings.listen.host, port: settings.listen.port,
        ports: ConsolePorts(
          report: { await controller.report() }, intake: { await intake.counts },
          events: events, labels: intake,
          webhook: webhook),
        logger: logger)
    }
  }

  func run(once: Bool) async throws {
    guard let console else { return try await control(once: once) }
    try await console.serving { _ in try await control(once: once) }
  }

  private func control(once: Bool) async throws {
    do {
      for runtime in runtimes { try await runtime.local.start() }
      announce()
      try await once ? controller.runOnce() : controller.run()
    } catch {
      await stopRuntimes()
      throw Self.explained(error)
    }
    await stopRuntimes()
  }

  /// To be awaited before the task that runs is cancelled.
  func finish() async { await controller.finish() }

  /// In a task of its own: in a cancelled one Envoy could not be told any more to end the captures.
  private func stopRuntimes() async {
    await Task { [runtimes] in for runtime in runtimes { await runtime.local.stop() } }.value
  }

  /// A remote that fails is waited for; an error of git that ends the controller is of its own
  /// repository of the ledger.
  private static func explained(_ error: any Error) -> any Error {
    guard let error = error as? GitError else { return error }
    return Failure(
      .user, "\(error)",
      hint: "if ledger.git is damaged, move it away: the next start reads the ledger from its "
        + "remote again, without the decisions that were not published")
  }

  /// Drains and stops what a controller left serving in a state folder.
  static func stopServing(state: String, logger: Logger) async throws {
    let folder = URL(filePath: state)
    let lock = try StateLock(folder)
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: Self.runtimesFolder).path)
    for name in (names ?? []).sorted() {
      let setup = setup(RuntimeSettings(name: name), in: folder)
      try await LocalRuntime(setup, logger: logger).shutdownLeftovers()
    }
    withExtendedLifetime(lock) {}
  }

  /// Carries out an operator's word on which history is the ledger, in place of the controller.
  static func adopt(
    _ side: Adoption.Side, because reason: String, _ configuration: ControllerConfiguration
  ) async throws -> (record: Adoption, publication: Publication)? {
    let folder = URL(filePath: configuration.state)
    guard FileManager.default.fileExists(atPath: folder.appending(path: "ledger.git").path) else {
      throw Failure(
        .user, "\(configuration.state) holds no ledger", hint: "name the folder with --state")
    }
    let lock = try StateLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let adopter = Adopter(
      store: try store(
        remote(configuration.ledger.repository, timeout: configuration.source.timeout),
        configuration, configuration.ledger.signingKeyFile.map(SigningKeyFile.read), in: folder),
      checkpoints: try CheckpointFolder(folder.appending(path: "checkpoints")),
      identity: identity(configuration))
    return try await adopter.adopt(side, because: reason, at: SystemClock().now)
  }

  /// A new life of the controller.
  private static func identity(_ configuration: ControllerConfiguration) -> ControllerIdentity {
    ControllerIdentity(
      instance: configuration.name, version: Version.current,
      life: UUID().uuidString.lowercased(), lease: configuration.ledger.maxPublishLag)
  }

  /// A controller whose ledger is the branch that it watches would follow its own commits.
  private static func refuseLoop(
    _ source: GitRemote, _ ledger: GitRemote, _ configuration: ControllerConfiguration
  ) throws {
    guard source.normalised == ledger.normalised,
      configuration.source.branch == configuration.ledger.branch
    else { return }
    throw Failure(
      .user, "the ledger's branch \(configuration.ledger.branch) is the branch that is watched",
      hint: "give the ledger a branch of its own: --ledger-branch \(Defaults.ledgerBranch)")
  }

  /// A path that is no repository would be waited for in vain.
  private static func refuseNothing(_ remote: GitRemote) throws {
    do throws(GitError) {
      try remote.requireRepository()
    } catch {
      throw Failure(
        .user, "\(error)",
        hint: error.kind == .notFound
          ? "name the repository of the manifests with --repo, a path or a URL; git init --bare makes "
            + "an empty one" : nil)
    }
  }

  /// Git does not let anybody push to a repository that has a work tree.
  private static func refuseWorkTree(_ url: String) throws {
    guard FileManager.default.fileExists(atPath: "\(url)/.git") else { return }
    throw Failure(
      .user, "\(url) has a work tree: decisions cannot be pushed to it",
      hint: "git clone --bare \(url), and give that; or the URL that it was cloned from")
  }

  /// Says once whether anybody will be able to tell the controller's decisions from forged ones.
  private static func announce(
    _ key: SigningKey?, _ settings: LedgerSettings, _ logger: Logger
  ) {
    guard let key else {
      return logger.warning(
        "the ledger is not signed: whoever can push to it can forge a decision",
        metadata: [
          "branch": "\(settings.branch)", "to-sign-it": "serin keygen; --signing-key FILE",
        ])
    }
    logger.info(
      "the ledger is signed", metadata: ["branch": "\(settings.branch)", "key": "\(key.publicKey)"])
  }

  private static func folder(_ path: String) throws -> URL {
    let folder = URL(filePath: path)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return folder
    } catch {
      throw Failure(
        .user, "the state folder \(path) cannot be made: \(error.localizedDescription)")
    }
  }

  private static func store(
    _ remote: GitRemote, _ configuration: ControllerConfiguration, _ signingKey: SigningKey?,
    in folder: URL
  ) throws -> GitLedgerStore {
    do {
      return try GitLedgerStore(
        remote: remote, branch: configuration.ledger.branch,
        repository: folder.appending(path: "ledger.git").path,
        committer: configuration.ledger.committer, signingKey: signingKey)
    } catch {
      throw explained(error)
    }
  }

  private static func signatures(_ settings: SourceSettings) throws -> GitSource.Signatures {
    let keyring = try settings.gpgKeyring.map(keyring)
    guard let path = settings.allowedSigners ?? settings.gpgKeyring else {
      return GitSource.Signatures()
    }
    let data = try settings.allowedSigners.map { try Data(given: $0) } ?? Data()
    do throws(AllowedSignersError) {
      let signers = try SourceSigners(String(decoding: data, as: UTF8.self), keyring: keyring)
      guard signers.isEmpty else {
        return GitSource.Signatures(by: signers, areRequired: settings.requireSigned)
      }
    } catch {
      throw Failure(.user, "\(path): \(error)")
    }
    throw Failure(
      .user, "\(path) has no key that can be checked",
      hint: "a line is: ada@example.org ssh-ed25519 AAAA…; ECDSA and RSA keys will do as well")
  }

  /// Signatures that the operator wants checked, and nobody can, are no detail.
  private static func keyring(_ path: String) throws -> OpenPGPKeyring {
    _ = try Data(given: path)
    guard let keyring = OpenPGPKeyring(file: path) else {
      throw Failure(
        .user, "gpgKeyring needs gpgv, which is not on the path", hint: "apt-get install gpgv")
    }
    return keyring
  }

  /// The webhook of a console, when the operator gave a secret for it.
  private static func webhook(_ settings: ConsoleSettings) throws -> Webhook? {
    guard let file = settings.webhookSecretFile else { return nil }
    let secret = try secret(in: file).reveal()
    guard let webhook = Webhook(secret: secret.utf8, refresh: RefreshTrigger()) else {
      throw Failure(
        .user, "\(file) holds fewer than \(Webhook.shortestSecret) bytes",
        hint: "openssl rand -hex 32 > \(file)")
    }
    return webhook
  }

  /// Each runtime has a folder of its own in this one, with its name.
  private static let runtimesFolder = "runtimes"

  /// Says of which runtime a line is, where there are several.
  private static func logger(
    of runtime: RuntimeSettings, among all: [RuntimeSettings], _ logger: Logger
  ) -> Logger {
    var logger = logger
    if all.count > 1 { logger[metadataKey: "runtime"] = "\(runtime.name)" }
    return logger
  }

  private static func setup(_ runtime: RuntimeSettings, in folder: URL) -> LocalRuntimeSetup {
    LocalRuntimeSetup(
      folder: folder.appending(path: "\(runtimesFolder)/\(runtime.name)").path,
      local: runtime.local, version: Version.current)
  }

  private static func retraining(
    _ configuration: ControllerConfiguration
  ) throws -> Fleet.Ports.Retraining? {
    guard let settings = configuration.retraining else { return nil }
    do throws(TrainerError) {
      let trainer = try WebTrainer(settings, controller: configuration.name)
      return Fleet.Ports.Retraining(trainer: trainer, coolDown: settings.coolDown)
    } catch {
      throw Failure(.user, "spec.retraining.headers: \(error)")
    }
  }

  /// Opens the ledger of a clone on this machine, or fetches it from a URL.
  static func ledger(
    _ repository: RepositorySettings, branch: String
  ) async throws -> LedgerBranch {
    let isClone = FileManager.default.fileExists(atPath: repository.url)
    return
      try isClone
      ? LedgerBranch(clone: repository.url, branch: branch)
      : await LedgerBranch.fetched(
        from: remote(repository, timeout: Defaults.fetchTimeout), branch: branch)
  }

  /// Reads the secrets that a configuration names, and nothing else.
  static func remote(_ repository: RepositorySettings, timeout: Duration) throws -> GitRemote {
    let settings = repository.authentication
    return try GitRemote(
      repository.url, auth: authentication(settings), caFile: settings.caFile,
      knownHosts: settings.sshKnownHostsFile.map { .file($0) } ?? .machine, timeout: timeout)
  }

  private static func authentication(_ settings: AuthenticationSettings) throws -> GitRemote.Auth {
    if let file = settings.tokenFile {
      return .basic(username: settings.username ?? "serin", password: try secret(in: file))
    }
    if let file = settings.passwordFile {
      return .basic(username: settings.username ?? "git", password: try secret(in: file))
    }
    if let file = settings.sshKeyFile {
      return .sshKey(user: nil, privateKey: try secret(in: file), passphrase: nil)
    }
    return settings.sshAgent ? .sshAgent(user: settings.username) : .none
  }

  private static func secret(in file: String) throws -> Secret {
    guard let text = String(validating: try Data(given: file), as: UTF8.self) else {
      throw Failure(.user, "\(file) is no text")
    }
    guard !text.allSatisfy(\.isWhitespace) else {
      throw Failure(.user, "\(file) is empty", hint: "it should hold the secret, and nothing else")
    }
    return Secret(text.withoutEnd)
  }
}

extension String {
  /// Without the newline that editors put at the end of a file.
  fileprivate var withoutEnd: String {
    contains("PRIVATE KEY") ? self : trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
