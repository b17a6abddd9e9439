import Encoding

/// `spec.runtimes[].local.artifacts` and `allowedFolders`.
enum ArtifactForm {
  static let limits: Form<ArtifactSettings> = .object(
    defaulted(
      "largest", size,
      default: .string(Defaults.largestArtifactBytes.bytesText),
      "The largest artifact that is fetched."),
    defaulted(
      "total", size, default: .string(Defaults.allArtifactsBytes.bytesText),
      "How much of the disk all artifacts may take.")
  ) { _, largest, total in ArtifactSettings(largestBytes: largest, totalBytes: total) }

  /// Up to a petabyte: more is a slip.
  static let size = Form.bytes(1...1 << 50)

  /// A folder of this machine: what lies below it may be fetched.
  static let folder = Form.scalar(
    "a folder", example: folderExample,
    schema: ["type": "string", "maxLength": 1024, "pattern": "^/.*[^/]$"]
  ) { scalar throws(TextRefusal) in
    let parts = scalar.text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    let isPlain = parts.allSatisfy { !["", ".", ".."].contains($0) }
    guard scalar.text.hasPrefix("/"), isPlain, scalar.text.utf8.count <= 1024 else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not the path of a folder", hint: folderExample)
    }
    return scalar.text
  }

  private static let folderExample = "write it like /srv/models: absolute, without \"..\""
}
