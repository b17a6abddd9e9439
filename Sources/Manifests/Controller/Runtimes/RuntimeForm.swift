import Encoding

/// `spec.runtimes`: names for deployments to ask for, each once.
enum RuntimeForm {
  private static let written = Form.list(of: runtime, count: 1...64)

  static let list: Form<[RuntimeSettings]> = Form(schema: written.schema) { node, findings in
    guard let items = written.read(node, findings) else { return nil }
    var names: Set<String> = []
    for item in items where !names.insert(item.value.name).inserted {
      findings.error("there are two runtimes \"\(item.value.name)\"", at: item.position)
    }
    let places = items.map { ($0.value, $0.position) }
    let isListenedOnce = refuseSharedAddresses(places, findings)
    let isFolderOnce = refuseSharedFolders(places, findings)
    return names.count == items.count && isListenedOnce && isFolderOnce ? items.map(\.value) : nil
  }

  /// Two runtimes in one folder would remove each other's models.
  private static func refuseSharedFolders(
    _ items: [(settings: RuntimeSettings, position: TextPosition)], _ findings: Findings
  ) -> Bool {
    var folders: Set<String> = []
    let shared = items.filter { item in
      item.settings.local?.batch.map { !folders.insert($0.folder).inserted } ?? false
    }
    for (settings, position) in shared {
      findings.error(
        "\"\(settings.name)\" has the batch folder of another runtime", at: position,
        hint: "give each runtime a local.batch.folder of its own")
    }
    return shared.isEmpty
  }

  /// Two who listen at one address would be one that does not start.
  private static func refuseSharedAddresses(
    _ items: [(settings: RuntimeSettings, position: TextPosition)], _ findings: Findings
  ) -> Bool {
    var owners: [ListenAddress: String] = [:]
    var isFine = true
    for (settings, position) in items {
      guard let address = settings.listen else { continue }
      if let owner = owners.updateValue(settings.name, forKey: address) {
        findings.error(
          "\"\(settings.name)\" would listen on \(address), as \"\(owner)\" does", at: position,
          hint:
            "give each runtime a \(settings.local == nil ? "payloads" : "local").listen of its own")
        isFine = false
      }
    }
    return isFine
  }

  private static let runtime: Form<RuntimeSettings> = .object(
    required("name", Form.name, "The name that deployments ask for."),
    optional(
      "local", local, "Processes on this machine, behind Envoy. Without kubernetes the default."),
    optional("kubernetes", KubernetesForm.settings, "Objects of a cluster, behind a gateway.")
  ) { fields, name, local, kubernetes in
    guard let kubernetes else {
      return RuntimeSettings(name: name, local: local ?? LocalSettings())
    }
    guard local == nil else {
      fields.error(
        "a runtime is local or in a cluster, not both", on: "kubernetes",
        hint: "give each a runtime of its own")
      return nil
    }
    return RuntimeSettings(name: name, kubernetes: kubernetes)
  }

  private static let local: Form<LocalSettings> = .object(
    defaulted(
      "listen", listen, default: .string("\(Defaults.serving)"), "Where requests are answered."),
    requestTimeout, drainTimeout,
    defaulted(
      "inferencePaths", Form.list(of: inferencePath, count: 1...16),
      default: .array(Defaults.inferencePaths.map(JSONValue.string)),
      "The paths below a model whose POST requests are inferences: what is judged."),
    optional("envoy", Form.text(), "The path of Envoy. Default: found on the PATH."),
    optional("python", Form.text(), "The path of a Python interpreter that has mlserver."),
    defaulted(
      "allowedSchemes", Form.list(of: scheme, count: 1...ArtifactScheme.allCases.count),
      default: .array(ArtifactScheme.allCases.map { .string($0.rawValue) }),
      "How artifacts may be fetched."),
    defaulted(
      "allowedHosts", Form.list(of: Form.text(), count: 0...1000), default: [],
      "The hosts that artifacts may come from; an empty list allows any with a public address."),
    optional(
      "allowedFolders", Form.list(of: ArtifactForm.folder, count: 0...1000),
      "The folders below which files are artifacts. Default: any for a source on this machine, else none."
    ),
    defaulted(
      "artifacts", ArtifactForm.limits, default: [:], "How much of the disk they may take."),
    defaulted("clients", ClientForm.limits, default: [:], "What clients may take of Envoy."),
    optional("caFile", Form.text(), "The certificates to trust instead of the system's."),
    defaulted(
      "errorBodies", Form.boolean, default: true,
      "Whether a rollback for errors records how one of their answers begins."),
    optional("server", server, "The model server. Default: MLServer."),
    defaulted(
      "isolation", IsolationForm.form, default: [:],
      "How far models are kept from everything else."),
    defaulted("pickles", PicklesForm.form, default: [:], "What is done about pickles."),
    optional("batch", batch, "Where jobs find the models of batch deployments. Default: nowhere.")
  ) {
    _, listen, request, drain, inferences, envoy, python, schemes, hosts, folders, artifacts,
    clients, caFile, errorBodies, server, isolation, pickles, batch in
    LocalSettings(
      listen: listen, requestTimeout: request, drainTimeout: drain,
      inferencePaths: inferences.map(\.value), envoy: envoy, python: python,
      allowedSchemes: schemes.map(\.value), allowedHosts: hosts.map(\.value),
      allowedFolders: folders?.map(\.value), artifacts: artifacts, clients: clients, caFile: caFile,
      errorBodies: errorBodies, server: server, isolation: isolation, unsafePickles: pickles,
      batch: batch)
  }

  /// How long an answer may take, wherever models are served.
  static let requestTimeout = defaulted(
    "requestTimeout", Form.duration(.milliseconds(100)...longestDuration),
    default: .string(Defaults.requestTimeout.manifestText),
    "How long an answer may take before it counts as an error.")

  /// How long what is unloaded may go on answering.
  static let drainTimeout = defaulted(
    "drainTimeout", Form.duration(.zero...longestDuration),
    default: .string(Defaults.drainTimeout.manifestText),
    "How long requests may still take when their model is unloaded.")

  private static let batch: Form<BatchSettings> = .object(
    required(
      "folder", ArtifactForm.folder, "A folder of its own, which Serin writes and jobs read."),
    defaulted(
      "longestLease", Form.duration(.seconds(1)...longestDuration),
      default: .string(Defaults.longestLease.manifestText),
      "How long runs may keep a switch or a rollback waiting, whatever their leases say.")
  ) { _, folder, longest in BatchSettings(folder: folder, longestLease: longest) }

  /// What follows `/v2/models/NAME/`, without escapes, so that it is compared letter for letter.
  static let inferencePath = Form.scalar(
    "a path", example: pathExample,
    schema: ["type": "string", "maxLength": 128, "pattern": .string("^\(pathPattern)$")]
  ) { scalar throws(TextRefusal) in
    let parts = scalar.text.split(separator: "/", omittingEmptySubsequences: false)
    let isSpelt = parts.allSatisfy { $0.wholeMatch(of: /[A-Za-z0-9_~:.-]+/) != nil }
    guard isSpelt, !parts.contains("."), !parts.contains(".."), scalar.text.utf8.count <= 128 else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not a path below a model", hint: pathExample)
    }
    return scalar.text
  }

  private static let pathPattern = "[A-Za-z0-9_~:.-]+(/[A-Za-z0-9_~:.-]+)*"
  private static let pathExample = "write what follows /v2/models/NAME/, like infer or v1/predict"

  private static let scheme = Form.word(ArtifactScheme.allCases.map { ($0.rawValue, $0) })

  private static let addressExample = "write it like \(Defaults.serving)"

  static let listen: Form<ListenAddress> = .scalar(
    "an address", example: addressExample,
    schema: ["type": "string", "pattern": ":[0-9]+$"]
  ) { scalar throws(TextRefusal) in
    guard let address = ListenAddress(scalar.text) else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not an address to listen on",
        hint: addressExample)
    }
    return address
  }

  private static let server: Form<ServerSettings> = .object(
    required(
      "command", Form.list(of: Form.text(), count: 1...1000), "The program and its arguments."),
    defaulted(
      "environment", Form.map(of: Form.anyText), default: [:], "The variables it starts with.")
  ) { _, command, environment in
    ServerSettings(command: command.map(\.value), environment: environment)
  }
}
