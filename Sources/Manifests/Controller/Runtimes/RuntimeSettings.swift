/// One runtime that deployments may ask for by name.
package struct RuntimeSettings: Equatable, Sendable {
  package let name: String
  package var place: Place

  /// Where models are served.
  package enum Place: Equatable, Sendable {
    case local(LocalSettings)
    case kubernetes(KubernetesSettings)
  }

  package init(name: String = Defaults.runtime, local: LocalSettings = LocalSettings()) {
    self.name = name
    place = .local(local)
  }

  package init(name: String, kubernetes: KubernetesSettings) {
    self.name = name
    place = .kubernetes(kubernetes)
  }

  /// Whether its deployments are shown in a cluster.
  package var isMirrored: Bool {
    if case .kubernetes(let settings) = place { settings.isMirrored } else { false }
  }

  /// The path that an operator has chosen for deployments; nil for the usual one.
  var publicPath: PublicPath? {
    if case .kubernetes(let settings) = place { settings.path } else { nil }
  }

  /// Where the runtime listens itself; nil when it does not.
  var listen: ListenAddress? {
    switch place {
    case .local(let settings): settings.listen
    case .kubernetes(let settings): settings.payloads?.listen
    }
  }

  /// The settings of a runtime on this machine; nil for another one.
  package var local: LocalSettings? {
    get { if case .local(let settings) = place { settings } else { nil } }
    set { if let newValue { place = .local(newValue) } }
  }
}

/// Envoy and model servers as processes on this machine.
package struct LocalSettings: Equatable, Sendable {
  package var listen: ListenAddress
  /// How long an answer may take before it counts as an error.
  package var requestTimeout: Duration
  /// The paths below a model whose POST requests are inferences.
  package var inferencePaths: [String]
  /// How long requests that are under way may take when their revision is unloaded.
  package var drainTimeout: Duration
  /// The path of Envoy; nil to look for it.
  package var envoy: String?
  /// The path of the Python interpreter that has mlserver; nil to look for it.
  package var python: String?
  package var allowedSchemes: [ArtifactScheme]
  /// The hosts that artifacts may come from; empty for any with a public address.
  package var allowedHosts: [String]
  /// The folders below which files are artifacts; nil for any file, where `file` is allowed.
  package var allowedFolders: [String]?
  package var artifacts: ArtifactSettings
  package var clients: ClientSettings
  /// The certificates to trust instead of the system's.
  package var caFile: String?
  /// Whether it is kept how an answer begins that is an error, for the record of a rollback.
  package var errorBodies: Bool
  /// The model server to start instead of MLServer.
  package var server: ServerSettings?
  package var isolation: IsolationSettings
  /// What becomes of a model whose pickles import what runs programs.
  package var unsafePickles: UnsafePickles
  /// Where jobs find what they are to read; nil where none is served.
  package var batch: BatchSettings?

  package init(
    listen: ListenAddress = Defaults.serving,
    requestTimeout: Duration = Defaults.requestTimeout,
    drainTimeout: Duration = Defaults.drainTimeout,
    inferencePaths: [String] = Defaults.inferencePaths,
    envoy: String? = nil, python: String? = nil,
    allowedSchemes: [ArtifactScheme] = ArtifactScheme.allCases, allowedHosts: [String] = [],
    allowedFolders: [String]? = nil, artifacts: ArtifactSettings = ArtifactSettings(),
    clients: ClientSettings = ClientSettings(),
    caFile: String? = nil, errorBodies: Bool = true, server: ServerSettings? = nil,
    isolation: IsolationSettings = IsolationSettings(),
    unsafePickles: UnsafePickles = Defaults.unsafePickles, batch: BatchSettings? = nil
  ) {
    self.listen = listen
    self.requestTimeout = requestTimeout
    self.drainTimeout = drainTimeout
    self.inferencePaths = inferencePaths
    self.envoy = envoy
    self.python = python
    self.allowedSchemes = allowedSchemes
    self.allowedHosts = allowedHosts
    self.allowedFolders = allowedFolders
    self.artifacts = artifacts
    self.clients = clients
    self.caFile = caFile
    self.errorBodies = errorBodies
    self.server = server
    self.isolation = isolation
    self.unsafePickles = unsafePickles
    self.batch = batch
  }
}

/// Where jobs of other users find what they are to read.
package struct BatchSettings: Equatable, Sendable {
  /// A folder of its own, which all of them may read.
  package let folder: String
  /// How long runs may keep a switch waiting, whatever their leases say.
  package let longestLease: Duration

  package init(folder: String, longestLease: Duration = Defaults.longestLease) {
    self.folder = folder
    self.longestLease = longestLease
  }
}

/// The schemes of artifacts that the local runtime can fetch.
package enum ArtifactScheme: String, CaseIterable, Sendable { case file, https }

/// The command of a model server and the variables that it starts with.
package struct ServerSettings: Equatable, Sendable {
  package let command: [String]
  package let environment: [String: String]

  package init(command: [String], environment: [String: String] = [:]) {
    precondition(!command.isEmpty, "a server needs a command")
    self.command = command
    self.environment = environment
  }
}

/// An address to listen on.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  package var host: String
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads "127.0.0.1:8080" or "[::1]:8080"; nil when it is neither.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    let written = text[..<colon]
    let isBracketed = written.hasPrefix("[") && written.hasSuffix("]")
    let host = isBracketed ? written.dropFirst().dropLast() : written
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(digits),
      (1...65_535).contains(port), !host.isEmpty, isBracketed || !host.contains(":"),
      host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".-:".contains($0)) })
    else { return nil }
    self.init(host: String(host), port: port)
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
