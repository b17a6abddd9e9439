/// What the operator decides: where manifests come from, where decisions go, what serves.
///
/// Decoded from a `Controller` file, or made of command-line flags. Paths are relative to the folder
/// in which serin was started. Secrets are named by file and never held here.
package struct ControllerConfiguration: Equatable, Sendable {
  package let name: String
  package var source: SourceSettings
  package var ledger: LedgerSettings
  /// The folder for clones, logs and artifacts.
  package var state: String
  package var paths: PathSettings
  package var runtimes: [RuntimeSettings]
  /// The controller's own HTTP server; nil for none.
  package var console: ConsoleSettings?
  /// Whom to ask for models to be trained again; nil for nobody.
  package let retraining: RetrainingSettings?
  /// Who may declare what.
  package let namespaces: NamespaceRules
  /// The Lease by which one of several controllers leads; nil when the ledger alone says who does.
  package var lease: LeaseSettings?

  /// Creates a configuration; without settings of its own the ledger is a branch of the source.
  package init(
    name: String = Defaults.name, source: SourceSettings, ledger: LedgerSettings? = nil,
    state: String = Defaults.state, paths: PathSettings = PathSettings(),
    runtimes: [RuntimeSettings] = [RuntimeSettings()],
    console: ConsoleSettings? = nil, retraining: RetrainingSettings? = nil,
    namespaces: NamespaceRules = NamespaceRules(), lease: LeaseSettings? = nil
  ) {
    self.name = name
    self.source = source
    self.ledger = ledger ?? LedgerSettings(repository: source.repository)
    self.state = state
    self.paths = paths
    self.runtimes = runtimes
    self.console = console
    self.retraining = retraining
    self.namespaces = namespaces
    self.lease = lease
  }
}

/// Folders for what may lie on another disk than the state; nil for the state folder.
package struct PathSettings: Equatable, Sendable {
  package var artifacts: String?
  package var logs: String?

  package init(artifacts: String? = nil, logs: String? = nil) {
    self.artifacts = artifacts
    self.logs = logs
  }
}

/// The HTTP server that shows how the controller is, and takes in what it is told.
package struct ConsoleSettings: Equatable, Sendable {
  package var listen: ListenAddress
  /// The file with the secret of git webhooks; nil when there is no webhook.
  package var webhookSecretFile: String?
  /// The file with the token of each namespace whose events and labels are taken; "*" for all.
  package var tokenFiles: [String: String]
  /// The names by which it may be called, beside this machine's own.
  package var hosts: [String]

  package init(
    listen: ListenAddress = Defaults.console, webhookSecretFile: String? = nil,
    tokenFiles: [String: String] = [:], hosts: [String] = []
  ) {
    self.listen = listen
    self.webhookSecretFile = webhookSecretFile
    self.tokenFiles = tokenFiles
    self.hosts = hosts
  }
}

/// A git repository and how to be let in.
package struct RepositorySettings: Equatable, Sendable {
  package var url: String
  package var authentication: AuthenticationSettings

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
  package var repository: RepositorySettings
  package var branch: String
  /// The folder of the manifests; empty for the whole repository.
  package var path: String
  /// The time between two fetches.
  package var interval: Duration
  /// How long one fetch may take.
  package var timeout: Duration
  /// The file of those who may sign commits; nil when nobody checks.
  package var allowedSigners: String?
  /// The file of those who may sign with GPG; nil when nobody checks.
  package var gpgKeyring: String?
  /// Whether commits without a good signature are refused.
  package var requireSigned: Bool
  /// Whether history that was rewritten is refused.
  package var fastForwardOnly: Bool

  /// Whether anybody's signature can be checked.
  package var namesSigners: Bool { allowedSigners != nil || gpgKeyring != nil }

  package init(
    repository: RepositorySettings, branch: String = Defaults.sourceBranch, path: String = "",
    interval: Duration = Defaults.fetchInterval, timeout: Duration = Defaults.fetchTimeout,
    allowedSigners: String? = nil, gpgKeyring: String? = nil, requireSigned: Bool = false,
    fastForwardOnly: Bool = false
  ) {
    self.repository = repository
    self.branch = branch
    self.path = path
    self.interval = interval
    self.timeout = timeout
    self.allowedSigners = allowedSigners
    self.gpgKeyring = gpgKeyring
    self.requireSigned = requireSigned
    self.fastForwardOnly = fastForwardOnly
  }
}

/// The branch that decisions are written to.
package struct LedgerSettings: Equatable, Sendable {
  package var repository: RepositorySettings
  package var branch: String
  /// The time between two pushes.
  package var pushInterval: Duration
  /// Risk does not grow while a decision has waited longer than this to be published.
  package var maxPublishLag: Duration
  package var committer: Committer
  /// The private key that signs the commits; nil for a ledger that is not signed.
  package var signingKeyFile: String?
  /// The file of those who may sign the ledger beside this controller's key; nil for nobody else.
  package var allowedSigners: String?
  /// The commit up to which the branch is believed without being verified; nil for none.
  package var trustedSince: String?

  package init(
    repository: RepositorySettings, branch: String = Defaults.ledgerBranch,
    pushInterval: Duration = Defaults.pushInterval,
    maxPublishLag: Duration = Defaults.maxPublishLag,
    committer: Committer = Committer(), signingKeyFile: String? = nil,
    allowedSigners: String? = nil, trustedSince: String? = nil
  ) {
    self.repository = repository
    self.branch = branch
    self.pushInterval = pushInterval
    self.maxPublishLag = maxPublishLag
    self.committer = committer
    self.signingKeyFile = signingKeyFile
    self.allowedSigners = allowedSigners
    self.trustedSince = trustedSince
  }
}

/// Who the ledger's commits are by.
package struct Committer: Equatable, Sendable {
  package let name: String
  package let email: String

  package init(name: String = Defaults.name, email: String = Defaults.email) {
    self.name = name
    self.email = email
  }
}
