import Encoding

/// The kind `Controller`: what the operator decides.
enum ControllerForm {
  static let kind = "Controller"

  static let form: Form<ControllerConfiguration> = .object(
    required("apiVersion", Form.constant(ManifestKind.apiVersion), "The version of this format."),
    required("kind", Form.constant(kind), "What this file describes."),
    required(
      "metadata", Form.metadata("The name of the controller."), "What the controller is called."),
    required("spec", spec, "Where manifests come from, where decisions go, what serves.")
  ) { _, _, _, name, spec in
    ControllerConfiguration(
      name: name, source: spec.source,
      ledger: spec.ledger?.settings(beside: spec.source.repository),
      state: spec.state, paths: spec.paths, runtimes: spec.runtimes, console: spec.console,
      retraining: spec.retraining, namespaces: spec.namespaces, lease: spec.lease)
  }

  private struct Spec {
    let source: SourceSettings
    let ledger: LedgerForm.Written?
    let state: String
    let paths: PathSettings
    let runtimes: [RuntimeSettings]
    let console: ConsoleSettings?
    let retraining: RetrainingSettings?
    let namespaces: NamespaceRules
    let lease: LeaseSettings?
  }

  private static let spec: Form<Spec> = .object(
    required("source", SourceForm.form, "The repository of the manifests."),
    optional("ledger", LedgerForm.form, "Where decisions are written."),
    defaulted(
      "state", Form.text(), default: .string(Defaults.state),
      "The folder for clones, logs, artifacts."),
    defaulted("paths", paths, default: [:], "What lies elsewhere, as on another disk."),
    defaulted(
      "runtimes", RuntimeForm.list, default: [["name": .string(Defaults.runtime)]],
      "What serves models."),
    optional("console", ConsoleForm.form, "The controller's own HTTP server. Default: none."),
    optional("retraining", RetrainingForm.form, "Who is told that data has drifted."),
    defaulted(
      "namespaces", NamespaceForm.form, default: [:],
      "Who may declare what, by namespace; \"*\" stands for all others. Default: anybody anything."),
    optional(
      "leadership", LeadershipForm.form,
      "Which of several controllers leads. Default: the one that the ledger names, while it shows life."
    )
  ) { fields, source, ledger, state, paths, runtimes, console, retraining, namespaces, lease in
    guard !namespaces.nameSigners || source.namesSigners else {
      fields.error(
        "signers need source.allowedSigners or source.gpgKeyring", on: "namespaces",
        hint: "without them no signature is checked")
      return nil
    }
    if let console, let runtime = runtimes.first(where: { $0.listen == console.listen }) {
      fields.error(
        "the runtime \"\(runtime.name)\" would listen on \(console.listen), as the console does",
        on: "runtimes", hint: "give one of them another port")
      return nil
    }
    guard !sharePaths(runtimes, namespaces, fields) else { return nil }
    return Spec(
      source: source, ledger: ledger, state: state, paths: paths, runtimes: runtimes,
      console: console, retraining: retraining, namespaces: namespaces, lease: lease)
  }

  /// Two deployments of one name, in two namespaces, would answer at one path.
  private static func sharePaths(
    _ runtimes: [RuntimeSettings], _ namespaces: NamespaceRules, _ fields: Fields
  ) -> Bool {
    guard namespaces.only == nil,
      let runtime = runtimes.first(where: { $0.publicPath?.tellsNamespaces == false })
    else { return false }
    fields.error(
      "the path of the runtime \"\(runtime.name)\" is the same in every namespace",
      on: "runtimes",
      hint: "put {namespace} into it, or let spec.namespaces name one namespace alone")
    return true
  }

  private static let paths: Form<PathSettings> = .object(
    optional("artifacts", Form.text(), "The folder for artifacts. Default: that of spec.state."),
    optional(
      "logs", Form.text(),
      "The folder for the logs of Envoy and the model servers. Default: that of spec.state.")
  ) { _, artifacts, logs in PathSettings(artifacts: artifacts, logs: logs) }
}

/// `spec.console`.
enum ConsoleForm {
  static let form: Form<ConsoleSettings> = .object(
    defaulted(
      "listen", RuntimeForm.listen, default: .string("\(Defaults.console)"), "Where it listens."),
    optional(
      "webhookSecretFile", Form.text(),
      "The file with the secret of git webhooks. Default: there is no webhook."),
    defaulted(
      "tokenFiles", Form.map(of: Form.text()), default: [:],
      "The file with the token of each namespace whose events and labels are taken; \"*\" for all."),
    defaulted(
      "hosts", Form.list(of: Form.text(), count: 0...100), default: [],
      "The names by which it may be called. Default: this machine's, or any where others reach it.")
  ) { _, listen, webhookSecretFile, tokenFiles, hosts in
    ConsoleSettings(
      listen: listen, webhookSecretFile: webhookSecretFile, tokenFiles: tokenFiles,
      hosts: hosts.map(\.value))
  }
}

/// `spec.source`.
enum SourceForm {
  static let form: Form<SourceSettings> = .object(
    required("url", Form.repositoryURL, "The address of the repository."),
    defaulted(
      "branch", Form.branch, default: .string(Defaults.sourceBranch), "The branch that is watched."),
    optional("path", Form.folder, "The folder of the manifests. Default: the whole repository."),
    defaulted(
      "interval", Form.duration(.seconds(1)...longestDuration),
      default: .string(Defaults.fetchInterval.manifestText),
      "The time between two fetches."),
    defaulted(
      "timeout", Form.duration(.seconds(1)...longestDuration),
      default: .string(Defaults.fetchTimeout.manifestText),
      "How long one fetch may take."),
    defaulted("auth", AuthenticationForm.form, default: [:], "How to be let in."),
    optional(
      "allowedSigners", Form.text(),
      "The file of those who may sign commits, as OpenSSH writes it. Default: nobody checks."),
    optional(
      "gpgKeyring", Form.text(),
      "The file of those who may sign with GPG, from gpg --export. Default: nobody checks."),
    defaulted(
      "requireSigned", Form.boolean, default: false,
      "Whether commits that change manifests and lack a good signature are refused."),
    defaulted(
      "fastForwardOnly", Form.boolean, default: false,
      "Whether history that was rewritten is refused.")
  ) {
    fields, url, branch, path, interval, timeout, authentication, signers, keyring, isRequired,
    isFastForwardOnly in
    guard signers != nil || keyring != nil || !isRequired else {
      fields.error("requireSigned needs allowedSigners or gpgKeyring", on: "requireSigned")
      return nil
    }
    return SourceSettings(
      repository: RepositorySettings(url: url, authentication: authentication), branch: branch,
      path: path ?? "", interval: interval, timeout: timeout, allowedSigners: signers,
      gpgKeyring: keyring, requireSigned: isRequired, fastForwardOnly: isFastForwardOnly)
  }
}

/// `spec.source.auth` and `spec.ledger.auth`: secrets by file.
enum AuthenticationForm {
  static let form: Form<AuthenticationSettings> = .object(
    optional("username", Form.text(), "The user's name, for a password or a token."),
    optional("passwordFile", Form.text(), "The file that holds the password."),
    optional("tokenFile", Form.text(), "The file that holds an access token."),
    optional("sshKeyFile", Form.text(), "The file that holds the private key."),
    optional("sshKnownHostsFile", Form.text(), "The known hosts, as OpenSSH writes them."),
    defaulted("sshAgent", Form.boolean, default: false, "Whether to ask the SSH agent for keys."),
    optional("caFile", Form.text(), "The certificates to trust instead of the system's."),
    planned: []
  ) { fields, username, passwordFile, tokenFile, sshKeyFile, knownHosts, sshAgent, caFile in
    let conflicts = conflicts(
      username: username, passwordFile: passwordFile, tokenFile: tokenFile,
      sshKeyFile: sshKeyFile, sshAgent: sshAgent)
    for conflict in conflicts { fields.error(conflict.message, on: conflict.key) }
    guard conflicts.isEmpty else { return nil }
    return AuthenticationSettings(
      username: username, passwordFile: passwordFile, tokenFile: tokenFile,
      sshKeyFile: sshKeyFile, sshKnownHostsFile: knownHosts, sshAgent: sshAgent, caFile: caFile)
  }

  /// What of the ways to be let in excludes each other, with the key to report it on.
  private static func conflicts(
    username: String?, passwordFile: String?, tokenFile: String?, sshKeyFile: String?,
    sshAgent: Bool
  ) -> [(key: String, message: String)] {
    var conflicts: [(key: String, message: String)] = []
    if passwordFile != nil, tokenFile != nil {
      conflicts.append(("tokenFile", "passwordFile and tokenFile exclude each other"))
    }
    if passwordFile != nil, username == nil {
      conflicts.append(("passwordFile", "a password needs a username"))
    }
    if sshKeyFile != nil, sshAgent {
      conflicts.append(("sshAgent", "sshKeyFile and sshAgent exclude each other"))
    }
    return conflicts
  }
}
