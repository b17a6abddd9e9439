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
  let configuration = decodeOnly(
    ControllerForm.kind, ControllerForm.form, Documents(bytes, findings: findings).roots, findings)
  return ControllerFile(
    configuration: findings.hasErrors ? nil : configuration, diagnostics: findings.diagnostics,
    source: bytes)
}
