import Foundation
import Rollouts

/// What a run is to read, as it is published: the file `current.json`.
package struct BatchPointer: Codable, Equatable, Sendable {
  /// "risk/scores".
  package let deployment: String
  /// Grows with each switch.
  package let generation: Int
  /// When it was published, like "2026-11-29T03:10:00Z".
  package let publishedAt: String
  /// nil where there is nothing to read: before the first model, between two that must not lie beside each other,
  /// and after the end.
  package let model: Model?

  package struct Model: Codable, Equatable, Sendable {
    package let version: String
    package let revision: String
    package let digest: String
    /// The file or folder, by its absolute path.
    package let path: String
    package let format: String
  }

  init(
    _ deployment: DeploymentName, generation: Int, at now: Instant, _ revision: Revision?,
    _ artifact: Artifact?
  ) {
    self.deployment = "\(deployment)"
    self.generation = generation
    publishedAt = now.text
    model = revision.flatMap { revision in
      artifact.map { artifact in
        Model(
          version: revision.model.version, revision: "\(revision.id)", digest: artifact.digest,
          path: artifact.path, format: revision.model.format)
      }
    }
  }

  /// The revision, as a runtime says it.
  var revision: Revision.ID? { model.map { Revision.ID($0.revision) } }

  /// Reads the pointer of a deployment; nil when nothing was ever published.
  ///
  /// - Throws: `LocalRuntimeError` when it cannot be read, or is none.
  package static func read(_ path: String) throws -> BatchPointer? {
    try Files.decode(BatchPointer.self, from: path)
  }
}

extension Instant {
  /// "2026-11-29T03:10:00Z".
  var text: String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
  }
}
