package import Rollouts

// What is said of a manifest that lies where it may not, has a model that it may not have, or is more than there may be.

extension NamespaceRules {
  /// Returns why a deployment may not be declared in a file; nil when it may.
  package func refusal(
    of name: DeploymentName, at path: String, shownAs shown: String? = nil,
    _ position: TextPosition?
  ) -> Diagnostic? {
    let position = position ?? TextPosition(line: 1, column: 1)
    guard let rules = self[name.namespace] else {
      return Diagnostic(
        .error, path: shown ?? path, position: position,
        message: "\(name) may not be declared: this controller does not serve the namespace "
          + "\"\(name.namespace)\"",
        hint: Suggestion.hint(for: name.namespace, in: names, calling: "it serves"))
    }
    guard !rules.hold(path) else { return nil }
    return Diagnostic(
      .error, path: shown ?? path, position: position,
      message: "\(name) may not be declared here: manifests of the namespace \"\(name.namespace)\" "
        + "lie in \(rules.folders.joined(separator: ", "))",
      hint: "move the file there, or choose another namespace")
  }

  /// Returns why a namespace may not have a model of such a format; nil when it may.
  package func formatRefusal(
    of declared: DeclaredDeployment, at path: String
  ) -> Diagnostic? {
    let (name, all) = (declared.deployment.name, declared.deployment.models.map(\.format))
    guard let allowed = self[name.namespace]?.allowedFormats,
      let format = all.first(where: { !allowed.contains($0) })
    else { return nil }
    return Diagnostic(
      .error, path: path, position: declared.format ?? TextPosition(line: declared.line, column: 1),
      message: "\(name) may not have a model of the format \"\(format)\"",
      hint: "allowed in the namespace \"\(name.namespace)\": \(allowed.joined(separator: ", "))")
  }
}
