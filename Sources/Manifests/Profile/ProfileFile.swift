package import Encoding
package import Profiles

/// Reads the file of a profile, which holds exactly one `DataProfile`.
///
/// - Returns: The profile, or nil when anything in the file is wrong, and what is to be said of it.
package func decodeProfile(
  _ bytes: [UInt8], path: String
) -> (profile: DataProfile?, diagnostics: [Diagnostic]) {
  let findings = Findings(path: path)
  let profile = decodeOnly(
    ProfileForm.kind, ProfileForm.form, Documents(bytes, findings: findings).roots, findings)
  return (findings.hasErrors ? nil : profile, findings.diagnostics)
}

extension DataProfile {
  /// The SHA-256 of the canonical JSON: of what was counted, whatever the file looks like.
  package var digest: Digest {
    guard let value = try? JSONValue(encoding: self) else {
      preconditionFailure("a profile encodes itself with integers and text alone")
    }
    return Digest(of: value.canonical.utf8)
  }
}
