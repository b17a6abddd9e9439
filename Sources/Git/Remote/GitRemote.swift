import Manifests

/// A repository somewhere else, and how to get at it.
package struct GitRemote: Equatable, Sendable, CustomStringConvertible {
  package enum Auth: Equatable, Sendable {
    case none
    case basic(username: String, password: Secret)
    case bearer(Secret)
    /// An Ed25519 or ECDSA key, in PEM; the user comes from the URL when there is none here.
    case sshKey(user: String?, privateKey: Secret, passphrase: Secret?)
    case sshAgent(user: String?)
  }

  let address: RemoteAddress
  private let firstAuth: Auth
  private let renewal: RenewedValue<Auth>?
  /// How to be let in, as the files of the secrets say now.
  package var auth: Auth { renewal?.current() ?? firstAuth }
  /// The certificates to trust, in PEM; nil trusts the machine's.
  package let caFile: String?
  package let knownHosts: KnownHostsSource
  /// How long any operation may take, from connecting to the last byte.
  package let timeout: Duration

  /// Takes an address apart: a path, file://, https://, ssh:// or `user@host:path`.
  ///
  /// A user and password in an https URL are used when `auth` is none. Plain http is for this
  /// machine only.
  ///
  /// - Throws: What can never work is refused here, before anything is sent.
  package init(
    _ url: String, auth: Auth = .none, renewal: RenewedValue<Auth>? = nil, caFile: String? = nil,
    knownHosts: KnownHostsSource = .machine, timeout: Duration = Defaults.fetchTimeout
  ) throws(GitError) {
    address = try RemoteAddress(url)
    firstAuth = Self.completed(auth, by: address)
    self.renewal = renewal
    self.caFile = caFile
    self.knownHosts = knownHosts
    self.timeout = timeout
    try requireFittingAuth()
  }

  package static func == (left: GitRemote, right: GitRemote) -> Bool {
    left.address == right.address && left.firstAuth == right.firstAuth
      && left.renewal === right.renewal && left.caFile == right.caFile
      && left.knownHosts == right.knownHosts && left.timeout == right.timeout
  }

  /// The address, without user and password.
  package var description: String { address.description }

  /// Equal for every way to write the same repository, as far as can be said without asking.
  package var normalised: String { address.normalised }

  /// Whether it is a path of this machine.
  package var isOnThisMachine: Bool { address.scheme == .file }

  /// Refuses a path of this machine at which no repository is.
  ///
  /// That is a mistake and will not pass; what is elsewhere may come back.
  package func requireRepository() throws(GitError) {
    guard address.scheme == .file else { return }
    do throws(GitError) {
      _ = try RepositoryHandle.present(at: address.path)
    } catch {
      guard error.kind == .notFound else { throw error }
      throw GitError(.notFound, "open \(address.path)", "there is no git repository")
    }
  }

  private static func completed(_ auth: Auth, by address: RemoteAddress) -> Auth {
    switch (auth, address.scheme) {
    case (.none, .https), (.none, .http):
      guard let user = address.user else { return .none }
      return .basic(username: user, password: address.password ?? Secret(""))
    case (.none, .ssh): return .sshAgent(user: address.user)
    default: return auth
    }
  }

  private func requireFittingAuth() throws(GitError) {
    switch (auth, address.scheme) {
    case (.none, _), (.sshAgent, .ssh), (.basic, .https), (.basic, .http), (.bearer, .https),
      (.bearer, .http):
      return
    case (.sshKey(_, let key, let passphrase), .ssh):
      try PrivateKey.check(key, hasPassphrase: passphrase != nil, for: "use a key for \(self)")
    default:
      throw GitError(
        .invalid, "use \(self)",
        "ssh needs a key or an agent, https a password or a token, and a file nothing")
    }
  }

  /// The user to log in as; "git" is what every host of repositories calls it.
  var sshUser: String {
    switch auth {
    case .sshKey(let user, _, _), .sshAgent(let user): user ?? address.user ?? "git"
    default: address.user ?? "git"
    }
  }

  /// What libgit2 is given.
  var url: String { address.url(user: sshUser) }

  var hostName: HostName { HostName(address.host, port: address.port ?? 22) }
}
