package import Rollouts

/// A deployment that a file asks for, and where in the file.
package struct DeclaredDeployment: Sendable {
  package let deployment: Deployment
  /// Where its document begins.
  package let line: Int
  /// The path of the profile that it names, from the root of the repository.
  package let profile: String?
  /// The place of the artifact's digest.
  package let digest: TextPosition?
  /// The place of the model's format.
  let format: TextPosition?
  /// The place of the runtime's name.
  package let runtime: TextPosition?
  /// The place of the group's name.
  package let group: TextPosition?
}

/// What one file of the watched repository declares.
package struct ManifestFile: Sendable {
  /// What the file asks for; none when anything in the file is wrong: a file holds or falls as a whole.
  package let deployments: [DeclaredDeployment]
  /// The deployments that the file names, also when it is wrong, so that the last good version of
  /// each can go on being served.
  package var names: [DeploymentName] { declarations.map(\.name) }
  /// The names of the deployments, each with its place in the file.
  package let declarations: [(name: DeploymentName, position: TextPosition)]
  /// Returns where a deployment is named.
  package func position(of name: DeploymentName) -> TextPosition? {
    declarations.first { $0.name == name }?.position
  }
  package let diagnostics: [Diagnostic]
  /// Whether nothing in the file is Serin's.
  package let isForeign: Bool
  package let source: [UInt8]

  /// The paths of the profiles that the file names, from the root of the repository, and where it
  /// names them.
  package let profiles: [String: TextPosition]

  /// Whether the operator's file stands among the manifests, where it has no effect.
  package let holdsController: Bool

  /// Whether it is the file of a profile, which has nothing else in it.
  package let holdsProfile: Bool

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Every diagnostic over its line of the file, with an empty line between two.
  package var rendering: String { diagnostics.rendered(over: source) }
}

/// Reads a file of the watched repository.
///
/// Any bytes at all give deployments or diagnostics. Documents of other tools are passed over.
///
/// - Parameters:
///   - bytes: The file.
///   - path: Where it is, from the root of the repository.
///   - name: What diagnostics call it, when that is not its path.
///   - profile: Returns what is at the path of a profile, from the root.
/// - Returns: What it declares.
package func decodeManifests(
  _ bytes: [UInt8], path: String, shownAs name: String? = nil,
  profile: (String) -> ProfileLookup = { _ in .missing }
) -> ManifestFile {
  let findings = Findings(path: name ?? path)
  let roots = Documents(bytes, findings: findings).roots
  let own = roots.filter(ManifestKind.owns)
  guard !own.isEmpty || (findings.hasErrors && ManifestKind.isMentioned(in: bytes)) else {
    return ManifestFile(
      deployments: [], declarations: [], diagnostics: [], isForeign: true, source: bytes,
      profiles: [:], holdsController: false, holdsProfile: false)
  }
  let written = own.compactMap { root in
    decodeDeployment(root, findings).map { (written: $0, root: root) }
  }
  let deployments = written.compactMap { item in
    item.written.bound(to: profile, in: path, findings).map {
      DeclaredDeployment(
        deployment: $0, line: item.root.position.line,
        profile: item.written.profile?.resolved(from: path),
        digest: item.root["spec"]?["model"]?["digest"]?.position,
        format: item.root["spec"]?["model"]?["format"]?.position,
        runtime: item.root["spec"]?["runtime"]?.position,
        group: item.root["spec"]?["group"]?.position)
    }
  }
  refuseRepetition(own, findings)
  refuseCompany(roots, findings)
  return ManifestFile(
    deployments: findings.hasErrors ? [] : deployments,
    declarations: own.compactMap(declaration),
    diagnostics: findings.diagnostics, isForeign: false, source: bytes,
    profiles: Dictionary(
      written.compactMap { item in
        item.written.profile.flatMap { profile in
          profile.resolved(from: path).map { ($0, profile.position) }
        }
      }
    ) { first, _ in first },
    holdsController: own.contains { $0["kind"]?.text == ControllerForm.kind },
    holdsProfile: own.contains { $0["kind"]?.text == ProfileForm.kind })
}

private func decodeDeployment(_ root: Node, _ findings: Findings) -> WrittenDeployment? {
  guard let kind = root["kind"], let name = kind.text else {
    findings.error(
      "missing key \"kind\"", at: root.place, hint: "add kind: \(ModelDeploymentForm.kind)")
    return nil
  }
  switch name {
  case ModelDeploymentForm.kind: return ModelDeploymentForm.form.read(root, findings)
  case ProfileForm.kind: _ = ProfileForm.form.read(root, findings)
  case ControllerForm.kind:
    findings.warning(
      "a Controller among the manifests is ignored", at: kind.position,
      hint: "it is the operator's file: serin run --config FILE")
  case _ where ManifestKind.planned.contains(name):
    findings.error(Fields.unsupported("the kind \"\(name)\""), at: kind.position)
  default:
    findings.error(
      "unknown kind \"\(name.shortened)\"", at: kind.position,
      hint: Suggestion.hint(
        for: name, in: [ModelDeploymentForm.kind, ProfileForm.kind], calling: "known kinds"))
  }
  return nil
}

private func refuseRepetition(_ roots: [Node], _ findings: Findings) {
  var lines: [DeploymentName: Int] = [:]
  for (name, place) in roots.compactMap(declaration) {
    if let line = lines[name] {
      findings.error(
        "\(name) is declared twice", at: place, hint: "it is already on line \(line)")
    }
    lines[name] = lines[name] ?? place.line
  }
}

/// Refuses a profile that shares its file: deployments name it by its path.
private func refuseCompany(_ roots: [Node], _ findings: Findings) {
  let kinds = roots.compactMap { $0["kind"] }
  guard roots.count > 1, let kind = kinds.first(where: { $0.text == ProfileForm.kind }) else {
    return
  }
  findings.error(
    "a \(ProfileForm.kind) stands alone in its file", at: kind.position,
    hint: "deployments name it by the path of the file")
}

/// The name that a document gives its deployment, and where, when that much can be read.
private func declaration(_ root: Node) -> (name: DeploymentName, position: TextPosition)? {
  guard root["kind"]?.text == ModelDeploymentForm.kind, let metadata = root["metadata"],
    let place = metadata["name"]?.position
  else { return nil }
  return ModelDeploymentForm.metadata.read(metadata, Findings(path: "")).map { ($0, place) }
}
