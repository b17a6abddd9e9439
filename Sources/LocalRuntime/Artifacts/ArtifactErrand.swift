import Foundation
import Glibc
package import HTTP
package import Logging
package import Manifests
import Rollouts

/// One artifact that is fetched into a folder, verified, before something else reads it there.
///
/// It is what a pod does before its model server starts. The folder gets the artifact or nothing: what is not yet whole,
/// or not the one of the digest, lies beside it under a name that is removed.
package struct ArtifactErrand: Sendable {
  private let model: Model
  private let folder: String
  private let setup: LocalRuntimeSetup
  private let client: HTTPClient
  private let logger: Logger

  /// Creates the errand; `settings` says what may be fetched, and `netrcFile` what hosts ask of a client.
  package init(
    uri: String, digest: String?, into folder: String, settings: LocalSettings,
    netrcFile: String? = nil, client: HTTPClient = HTTPClient(), logger: Logger
  ) {
    model = Model(version: "", uri: uri, digest: digest, format: "", smoke: nil, retry: 0)
    self.folder = RuntimeFolder(folder).path
    var setup = LocalRuntimeSetup(folder: "\(folder)/\(Self.stageName)", local: settings)
    setup.netrcFile = netrcFile
    self.setup = setup
    self.client = client
    self.logger = logger
  }

  /// No artifact has it: Serin alone writes here meanwhile.
  private static let stageName = ".serin-fetch"

  /// Fetches until it is there, it is certain not to come, or the time is over; returns its digest.
  ///
  /// - Throws: `LocalRuntimeError`: of kind `artifact` when asking again gives the same.
  package func run(within limit: Duration) async throws -> String {
    try requireNetrc()
    let end = ContinuousClock.now + limit
    var backoff = Backoff(longest: .seconds(15))
    while true {
      do {
        return try await attempt()
      } catch {
        let wait = backoff.delay()
        guard FetchProblem(error).mayPass, .now + wait < end else { throw error }
        logger.warning("the artifact is not there yet", metadata: ["error": "\(error)"])
        try await Task.sleep(for: wait)
      }
    }
  }

  /// Refuses a file that libcurl would go on without, because it cannot be read, and one that is for every host: a
  /// manifest would choose whose server learns the password.
  private func requireNetrc() throws {
    guard let file = setup.netrcFile else { return }
    let text: String
    do {
      text = try String(contentsOfFile: file, encoding: .utf8)
    } catch {
      throw LocalRuntimeError(.refused, "read \(file)", "it is no file of text that can be read")
    }
    guard text.split(whereSeparator: \.isWhitespace).contains("default") else { return }
    throw LocalRuntimeError(
      .refused, "use \(file)",
      "\"default\" is for every host; name each one: machine HOST login … password …")
  }

  private func attempt() async throws -> String {
    let stage = RuntimeFolder(setup.folder)
    defer { try? Files.remove(stage.path) }
    try Files.remove(stage.path)
    for folder in [stage.artifacts, stage.artifactStage] { try Files.makeFolder(folder) }
    let store = ArtifactStore(folder: stage, setup: setup, client: client, logger: logger)
    let user = ServerKey(DeploymentName(name: "fetch"), Revision.ID("fetch"))
    let artifact = try await store.fetch(model, for: user)
    try deliver(artifact)
    return artifact.digest
  }

  /// Puts what a folder holds into the folder; a file gets its place there.
  private func deliver(_ artifact: Artifact) throws {
    let isFolder = Files.isFolder(artifact.path)
    let names = isFolder ? Files.names(in: artifact.path) : []
    let moves =
      isFolder
      ? names.map { ("\(artifact.path)/\($0)", "\(folder)/\($0)") }
      : [(artifact.path, "\(folder)/\(URL(filePath: artifact.path).lastPathComponent)")]
    for (source, target) in moves {
      // An attempt before, which died between two of them, may have left some.
      try Files.remove(target)
      guard rename(source, target) == 0 else { throw Files.error("move", target) }
      // The server is often another user.
      try Files.letAllRead(target)
    }
    try Files.sync(folder: folder)
  }
}
