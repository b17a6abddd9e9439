import Encoding

/// `spec.ledger`.
enum LedgerForm {
  /// The ledger as written, before the source's repository is known.
  struct Written {
    let url: String?
    let branch: String
    let authentication: AuthenticationSettings?
    let pushInterval: Duration
    let maxPublishLag: Duration
    let committer: Committer
    let signingKeyFile: String?
    let allowedSigners: String?
    let trustedSince: String?

    /// Fills in what the source says.
    func settings(beside source: RepositorySettings) -> LedgerSettings {
      var repository = source.sibling(at: url ?? source.url)
      if let authentication { repository.authentication = authentication }
      return LedgerSettings(
        repository: repository, branch: branch, pushInterval: pushInterval,
        maxPublishLag: maxPublishLag, committer: committer, signingKeyFile: signingKeyFile,
        allowedSigners: allowedSigners, trustedSince: trustedSince)
    }
  }

  static let form: Form<Written> = .object(
    optional("url", Form.repositoryURL, "The repository of the ledger. Default: the source's."),
    defaulted(
      "branch", Form.branch, default: .string(Defaults.ledgerBranch), "The branch of the ledger."),
    optional(
      "auth", AuthenticationForm.form,
      "How to be let in. Default: as to the source, when it is on the same server."),
    defaulted(
      "pushInterval", Form.duration(.seconds(1)...longestDuration),
      default: .string(Defaults.pushInterval.manifestText),
      "The time between two pushes."),
    defaulted(
      "maxPublishLag", Form.duration(.seconds(1)...longestDuration),
      default: .string(Defaults.maxPublishLag.manifestText),
      "Promotions stop while a decision has waited longer than this to be published."),
    defaulted("committer", committer, default: [:], "Who the commits are by."),
    optional(
      "signingKeyFile", Form.text(),
      "The file that holds the private key that signs the commits. Default: they are not signed."),
    optional(
      "allowedSigners", Form.text(),
      "The file of those whose commits are obeyed, as OpenSSH writes it. Default: this controller's key."
    ),
    optional(
      "trustedSince", Form.commit,
      "The commit up to which the branch is believed. Default: all of it is verified.")
  ) {
    _, url, branch, authentication, pushInterval, maxPublishLag, committer, signingKeyFile,
    allowedSigners, trustedSince in
    Written(
      url: url, branch: branch, authentication: authentication, pushInterval: pushInterval,
      maxPublishLag: maxPublishLag, committer: committer, signingKeyFile: signingKeyFile,
      allowedSigners: allowedSigners, trustedSince: trustedSince)
  }

  private static let committer: Form<Committer> = .object(
    defaulted("name", Form.signature, default: .string(Defaults.name), "The name in the commits."),
    defaulted(
      "email", Form.signature, default: .string(Defaults.email), "The address in the commits.")
  ) { _, name, email in Committer(name: name, email: email) }
}

extension RepositorySettings {
  /// Another repository, with these credentials when it is on the same server: they go to no other.
  package func sibling(at url: String) -> RepositorySettings {
    RepositorySettings(
      url: url, authentication: isSameServer(url) ? authentication : AuthenticationSettings())
  }

  private func isSameServer(_ other: String) -> Bool {
    guard let first = Address(other), let second = Address(url) else { return other == url }
    return first.sharesServer(with: second)
  }
}
