/// The kinds of documents that are Serin's.
enum ManifestKind {
  static let group = "serin.dev/"
  static let apiVersion = "serin.dev/v1alpha1"
  static let known = [ModelDeploymentForm.kind, ProfileForm.kind, ControllerForm.kind]
  /// Kinds of the design that this version does not read.
  static let planned = ["Policy", "Approval"]

  /// Whether a document is Serin's: its group says so, or it has no group and a kind of ours.
  static func owns(_ root: Node) -> Bool {
    if let version = root["apiVersion"]?.text { return version.hasPrefix(group) }
    return root["kind"]?.text.map { known.contains($0) } ?? false
  }

  /// Whether a file that could not be read as YAML was meant for Serin.
  ///
  /// Other tools' files may lie beside manifests, and their templates are often not YAML at all.
  static func isMentioned(in bytes: [UInt8]) -> Bool {
    bytes.contains(Array(group.utf8))
      || known.contains { bytes.contains(Array("kind: \($0)".utf8)) }
  }
}
