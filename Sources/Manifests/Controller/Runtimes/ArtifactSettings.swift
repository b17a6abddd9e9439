/// How much of the disk artifacts may take.
package struct ArtifactSettings: Equatable, Sendable {
  /// The largest artifact that is fetched, in bytes.
  package var largestBytes: Int
  /// How much all copies together may take, in bytes.
  package var totalBytes: Int

  package init(
    largestBytes: Int = Defaults.largestArtifactBytes, totalBytes: Int = Defaults.allArtifactsBytes
  ) {
    self.largestBytes = largestBytes
    self.totalBytes = totalBytes
  }
}

extension LocalSettings {
  /// Returns these settings as they hold for manifests of a repository on this machine, or elsewhere.
  ///
  /// Whoever may write to a repository on this machine can read its files. Those who push to another one may
  /// not, and a manifest of theirs that names a file would have the controller read it for them; so unless the
  /// operator names folders, such manifests name no files.
  package func forManifests(ofThisMachine isHere: Bool) -> LocalSettings {
    var settings = self
    if !isHere { settings.allowedFolders = allowedFolders ?? [] }
    return settings
  }
}
