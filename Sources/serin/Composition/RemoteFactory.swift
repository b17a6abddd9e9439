import Foundation
import Git
import Logging
import Manifests

/// Makes the remotes of the manifests and of the ledger, with their secrets.
enum RemoteFactory {
  /// Returns both, or refuses what would be waited for in vain.
  static func remotes(
    _ configuration: ControllerConfiguration, _ logger: Logger
  ) throws -> (source: GitRemote, ledger: GitRemote) {
    let timeout = configuration.source.timeout
    let source = try remote(configuration.source.repository, timeout: timeout, logger)
    let ledger = try remote(configuration.ledger.repository, timeout: timeout, logger)
    try refuseLoop(source, ledger, configuration)
    for remote in [source, ledger] { try refuseNothing(remote) }
    try refuseWorkTree(configuration.ledger.repository.url)
    return (source, ledger)
  }

  /// Reads the secrets that a configuration names, and nothing else.
  ///
  /// With somebody to tell, they are read again when their files change.
  static func remote(
    _ repository: RepositorySettings, timeout: Duration, _ logger: Logger? = nil
  ) throws -> GitRemote {
    let remote = try Self.remote(repository, timeout: timeout, renewal: nil)
    let settings = repository.authentication
    let files = [settings.tokenFile, settings.passwordFile, settings.sshKeyFile].compactMap(\.self)
    guard let logger, !files.isEmpty else { return remote }
    let renewal = try RenewedValue(of: files, say: { logger.stale(files, $0) }) {
      // Refuses a key that can never work, as at the start.
      try Self.remote(repository, timeout: timeout, renewal: nil).auth
    }
    return try Self.remote(repository, timeout: timeout, renewal: renewal)
  }

  private static func remote(
    _ repository: RepositorySettings, timeout: Duration, renewal: RenewedValue<GitRemote.Auth>?
  ) throws -> GitRemote {
    let settings = repository.authentication
    return try GitRemote(
      repository.url, auth: renewal?.current() ?? authentication(settings), renewal: renewal,
      caFile: settings.caFile, knownHosts: settings.sshKnownHostsFile.map { .file($0) } ?? .machine,
      timeout: timeout)
  }

  private static func authentication(_ settings: AuthenticationSettings) throws -> GitRemote.Auth {
    if let file = settings.tokenFile {
      return .basic(username: settings.username ?? "serin", password: try SecretFile.read(file))
    }
    if let file = settings.passwordFile {
      return .basic(username: settings.username ?? "git", password: try SecretFile.read(file))
    }
    if let file = settings.sshKeyFile {
      return .sshKey(user: nil, privateKey: try SecretFile.read(file), passphrase: nil)
    }
    return settings.sshAgent ? .sshAgent(user: settings.username) : .none
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
}
