/// Who may declare what: the operator's rules for namespaces.
///
/// Without any, every namespace may be declared everywhere, by everybody who may push. With one, a
/// namespace that has no rules is refused, unless "*" has some for the others.
package struct NamespaceRules: Equatable, Sendable {
  /// The name of the rules for every namespace that has none of its own.
  package static let others = "*"

  private let entries: [String: NamespaceSettings]

  package init(_ entries: [String: NamespaceSettings] = [:]) { self.entries = entries }

  package var isEmpty: Bool { entries.isEmpty }

  /// The namespaces that have rules of their own.
  package var names: [String] { entries.keys.filter { $0 != Self.others }.sorted() }

  /// The one namespace that may be declared; nil when more may.
  package var only: String? { entries.count == 1 ? names.first : nil }

  /// Whether any namespace names its signers.
  package var nameSigners: Bool { entries.values.contains { !$0.signers.isEmpty } }

  /// Returns the rules for a namespace; nil when it may not be declared.
  package subscript(namespace: String) -> NamespaceSettings? {
    isEmpty ? NamespaceSettings() : entries[namespace] ?? entries[Self.others]
  }

  /// Returns what a namespace may have at most; what it does not say itself, "*" says.
  package func quota(of namespace: String) -> QuotaSettings {
    let (own, others) = (entries[namespace]?.quotas, entries[Self.others]?.quotas)
    return QuotaSettings(
      deployments: own?.deployments ?? others?.deployments,
      revisions: own?.revisions ?? others?.revisions, servers: own?.servers ?? others?.servers,
      artifactBytes: own?.artifactBytes ?? others?.artifactBytes,
      logBytes: own?.logBytes ?? others?.logBytes)
  }
}

/// The rules for one namespace.
package struct NamespaceSettings: Equatable, Sendable {
  /// Where its manifests lie, from the root of the repository; empty for everywhere.
  package let folders: [String]
  /// Who may have signed the last change of a manifest: principals of the signers' file, or
  /// fingerprints of keys; empty for everybody.
  package let signers: [String]
  /// Which formats its models may have; nil for every format.
  package let allowedFormats: [String]?
  package let quotas: QuotaSettings

  package init(
    folders: [String] = [], signers: [String] = [], allowedFormats: [String]? = nil,
    quotas: QuotaSettings = QuotaSettings()
  ) {
    self.folders = folders
    self.signers = signers
    self.allowedFormats = allowedFormats
    self.quotas = quotas
  }

  /// Whether a file may hold manifests of the namespace.
  ///
  /// By whole parts of the path and byte by byte: "teams/pay" is not above "teams/payments/a.yaml".
  package func hold(_ path: String) -> Bool {
    folders.isEmpty
      || folders.contains { folder in
        path.utf8.starts(with: folder.utf8)
          && path.utf8.dropFirst(folder.utf8.count).first == UInt8(ascii: "/")
      }
  }
}

/// How much of the machine a namespace may have; nil is no limit.
package struct QuotaSettings: Equatable, Sendable {
  package let deployments: Int?
  /// How many revisions its deployments may have loaded at once.
  package let revisions: Int?
  /// How many model servers these may be, with all replicas.
  package let servers: Int?
  /// How much of a runtime's disk the artifacts of these revisions may take, each counted once.
  package let artifactBytes: Int?
  /// How much of a runtime's disk the logs of its model servers may take together.
  package let logBytes: Int?

  package init(
    deployments: Int? = nil, revisions: Int? = nil, servers: Int? = nil,
    artifactBytes: Int? = nil, logBytes: Int? = nil
  ) {
    self.deployments = deployments
    self.revisions = revisions
    self.servers = servers
    self.artifactBytes = artifactBytes
    self.logBytes = logBytes
  }
}
