import Encoding

/// `spec.namespaces`: who may declare what, by namespace.
enum NamespaceForm {
  private static let written = Form<[(key: String, value: NamespaceSettings)]>.entries(of: rules)

  static let form: Form<NamespaceRules> = Form(schema: written.schema) { node, findings in
    guard let entries = written.read(node, findings) else { return nil }
    var isFine = true
    for (name, _) in entries where name != NamespaceRules.others && !isName(name) {
      findings.error(
        "\"\(name.shortened)\" is no name of a namespace", at: node.place,
        hint: "small letters, digits and \"-\"; \"*\" stands for all others")
      isFine = false
    }
    return isFine ? NamespaceRules(Dictionary(entries.map { ($0.key, $0.value) }) { $1 }) : nil
  }

  private static func isName(_ text: String) -> Bool {
    text.wholeMatch(of: /[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/) != nil
  }

  private static let rules: Form<NamespaceSettings> = .object(
    defaulted(
      "folders", Form.list(of: folder, count: 0...100), default: [],
      "Where its manifests may lie, from the root of the repository. Default: anywhere."),
    defaulted(
      "signers", Form.list(of: signer, count: 0...1000), default: [],
      "Who may have signed the last change of a manifest: names in source.allowedSigners, or "
        + "fingerprints of keys. Default: anybody."),
    optional(
      "allowedFormats", Form.list(of: ModelForm.format, count: 1...100),
      "Which formats its models may have. Default: every format."),
    defaulted("quotas", quotas, default: [:], "What it may have at most. Default: no limit.")
  ) { _, folders, signers, formats, quotas in
    NamespaceSettings(
      folders: folders.map(\.value), signers: signers.map(\.value),
      allowedFormats: formats?.map(\.value), quotas: quotas)
  }

  /// A folder that a manifest's path can begin with, byte for byte.
  private static let folder = Form<String>(schema: Form.folder.schema) { node, findings in
    guard let folder = Form.folder.read(node, findings) else { return nil }
    guard let problem = PathSpelling.problem(of: folder) else { return folder }
    findings.error(
      "no manifest is read from a folder that is spelled like this: \(problem)", at: node.position)
    return nil
  }

  private static let signer = Form.scalar(
    "a signer", example: "write it like ada@example.org or SHA256:…",
    schema: ["type": "string", "minLength": 1, "maxLength": 255]
  ) { scalar throws(TextRefusal) in
    try Form.checkLine(scalar.text, atMost: 255)
    guard !scalar.text.contains(where: { " ,*?!\"".contains($0) }) else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is no signer: there are no patterns here",
        hint: "name each as source.allowedSigners does")
    }
    return scalar.text
  }

  private static let quotas: Form<QuotaSettings> = .object(
    optional("deployments", Form.integer(0...100_000), "How many deployments. Default: no limit."),
    optional(
      "revisions", Form.integer(0...100_000),
      "How many revisions its deployments may have loaded at once: one for recreate, three with "
        + "dependence: matched, two for all others. Default: no limit."),
    optional(
      "servers", Form.integer(0...100_000),
      "How many model servers these revisions may be, with all replicas. Default: no limit."),
    optional(
      "artifactBytes", ArtifactForm.size,
      "How much of a runtime's disk the artifacts of its revisions may take. Default: no limit."),
    optional(
      "logBytes", ArtifactForm.size,
      "How much of a runtime's disk the logs of its model servers may take. Default: no limit.")
  ) { _, deployments, revisions, servers, artifactBytes, logBytes in
    QuotaSettings(
      deployments: deployments, revisions: revisions, servers: servers,
      artifactBytes: artifactBytes, logBytes: logBytes)
  }
}
