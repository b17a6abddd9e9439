/// What the operator's file says.
package struct ControllerFile: Sendable {
  /// Nil when anything in the file is wrong.
  package let configuration: ControllerConfiguration?
  package let diagnostics: [Diagnostic]
  package let source: [UInt8]

  /// Every diagnostic over its line of the file, with an empty line between two.
  ///
  /// Whoever names another file by mistake may have named one that holds a secret: its lines are
  /// not shown.
  package var rendering: String { diagnostics.rendered(over: isRecognisable ? source : []) }

  /// Whether any line is one that every file of ours has, also where the YAML is broken.
  private var isRecognisable: Bool {
    source.split(separator: UInt8(ascii: "\n")).contains { line in
      line.starts(with: "kind:".utf8) || line.starts(with: "apiVersion:".utf8)
    }
  }
}

/// Reads the operator's file, which holds exactly one `Controller`.
package func decodeController(_ bytes: [UInt8], path: String) -> ControllerFile {
  let findings = Findings(path: path)
  let roots = Documents(bytes, findings: findings).roots
  var configuration: ControllerConfiguration?
  if let root = roots.first {
    configuration = decode(root, findings)
  } else if !findings.hasErrors {
    findings.error("the file is empty", at: .start, hint: "it should hold one Controller")
  }
  for root in roots.dropFirst() {
    findings.error(
      "a second document", at: root.position, hint: "the file should hold one Controller")
  }
  return ControllerFile(
    configuration: findings.hasErrors ? nil : configuration, diagnostics: findings.diagnostics,
    source: bytes)
}

/// Reads the document, or says what it is instead of everything that a Controller needs.
private func decode(_ root: Node, _ findings: Findings) -> ControllerConfiguration? {
  guard let kind = root["kind"], let name = kind.text, name != ControllerForm.kind else {
    return ControllerForm.form.read(root, findings)
  }
  findings.error(
    "expected a \(ControllerForm.kind), found the kind \"\(name.shortened)\"", at: kind.position,
    hint: Suggestion.closest(to: name, in: [ControllerForm.kind]).map { "did you mean \"\($0)\"?" })
  return nil
}
