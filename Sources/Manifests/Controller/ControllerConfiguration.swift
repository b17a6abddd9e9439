/// What the operator decides: where manifests come from, where decisions go, what serves.
///
/// Decoded from a `Controller` file, or made of command-line flags. Paths are relative to the folder
/// in which serin was started. Secrets are named by file and never held here.
package struct ControllerConfiguration: Equatable, Sendable {
  package let name: String
  package let source: SourceSettings
  package let ledger: LedgerSettings
  /// The folder for clones, logs and artifacts.
  package let state: String
  package let runtimes: [RuntimeSettings]
  /// The controller's own HTTP server; nil for none.
  package let console: ConsoleSettings?
  /// Whom to ask for models to be trained again; nil for nobody.
  package let retraining: RetrainingSettings?

  /// Creates a configuration; without settings of its own the ledger is a branch of the source.
  package init(
    name: String = "serin", source: SourceSettings, ledger: LedgerSettings? = nil,
    state: String = ".serin", runtimes: [RuntimeSettings] = [RuntimeSettings()],
    console: ConsoleSettings? = nil, retraining: RetrainingSettings? = nil
  ) {
    self.name = name
    self.source = source
    self.ledger = ledger ?? LedgerSettings(repository: source.repository)
    self.state = state
    self.runtimes = runtimes
    self.console = console
    self.retraining = retraining
  }
}

/// The HTTP server that shows how the controller is, and takes in what it is told.
package struct ConsoleSettings: Equatable, Sendable {
  package let listen: ListenAddress
  /// The file with the secret of git webhooks; nil when there is no webhook.
  package let webhookSecretFile: String?

  package init(listen: ListenAddress, webhookSecretFile: String? = nil) {
    self.listen = listen
    self.webhookSecretFile = webhookSecretFile
  }
}

/// A git repository and how to be let in.
package struct RepositorySettings: Equatable, Sendable {
  package let url: String
  package let authentication: AuthenticationSettings

  package init(
    url: String, authentication: AuthenticationSettings = AuthenticationSettings()
  ) {
    self.url = url
    self.authentication = authentication
  }
}

/// Files that hold secrets, and other ways to be let in; nothing here is a secret itself.
package struct AuthenticationSettings: Equatable, Sendable {
  package let username: String?
  package let passwordFile: String?
  package let tokenFile: String?
  package let sshKeyFile: String?
  package let sshKnownHostsFile: String?
  package let sshAgent: Bool
  /// The certificates to trust instead of the system's.
  package let caFile: String?

  package init(
    username: String? = nil, passwordFile: String? = nil, tokenFile: String? = nil,
    sshKeyFile: String? = nil, sshKnownHostsFile: String? = nil, sshAgent: Bool = false,
    caFile: String? = nil
  ) {
    self.username = username
    self.passwordFile = passwordFile
    self.tokenFile = tokenFile
    self.sshKeyFile = sshKeyFile
    self.sshKnownHostsFile = sshKnownHostsFile
    self.sshAgent = sshAgent
    self.caFile = caFile
  }
}

/// The branch that manifests are read from.
package struct SourceSettings: Equatable, Sendable {
  package let repository: RepositorySettings
  package let branch: String
  /// The folder of the manifests; empty for the whole repository.
  package let path: String
  /// The time between two fetches.
  package let interval: Duration
  /// How long one fetch may take.
  package let timeout: Duration
  /// The file of those who may sign commits; nil when nobody checks.
  package let allowedSigners: String?
  /// The file of those who may sign with GPG; nil when nobody checks.
  package let gpgKeyring: String?
  /// Whether commits without a good signature are refused.
  package let requireSigned: Bool

  package init(
    repository: RepositorySettings, branch: String = "main", path: String = "",
    interval: Duration = .seconds(10), timeout: Duration = .seconds(30),
    allowedSigners: String? = nil, gpgKeyring: String? = nil, requireSigned: Bool = false
  ) {
    self.repository = repository
    self.branch = branch
    self.path = path
    self.interval = interval
    self.timeout = timeout
    self.allowedSigners = allowedSigners
    self.gpgKeyring = gpgKeyring
    self.requireSigned = requireSigned
  }
}

/// The branch that decisions are written to.
package struct LedgerSettings: Equatable, Sendable {
  package let repository: RepositorySettings
  package let branch: String
  /// The time between two pushes.
  package let pushInterval: Duration
  /// Risk does not grow while a decision has waited longer than this to be published.
  package let maxPublishLag: Duration
  package let committer: Committer
  /// The private key that signs the commits; nil for a ledger that is not signed.
  package let signingKeyFile: String?

  package init(
    repository: RepositorySettings, branch: String = "serin/ledger",
    pushInterval: Duration = .seconds(10), maxPublishLag: Duration = .seconds(3600),
    committer: Committer = Committer(), signingKeyFile: String? = nil
  ) {
    self.repository = repository
    self.branch = branch
    self.pushInterval = pushInterval
    self.maxPublishLag = maxPublishLag
    self.committer = committer
    self.signingKeyFile = signingKeyFile
  }
}

/// Who the ledger's commits are by.
package struct Committer: Equatable, Sendable {
  package let name: String
  package let email: String

  package init(name: String = "serin", email: String = "serin@localhost") {
    self.name = name
    self.email = email
  }
}
