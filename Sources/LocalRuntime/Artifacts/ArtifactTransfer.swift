import Foundation
import Glibc
import HTTP
import Logging
import Manifests
import Rollouts

// One transfer.
extension ArtifactStore {
  func transfer(
    _ model: Model, expecting expected: String?, countedFor namespace: String?
  ) async throws -> Artifact {
    let source = try ArtifactSource(model.uri, settings: setup.local)
    let stage = "\(folder.artifactStage)/\(UUID().uuidString)"
    let room = ArtifactRoom(of: namespace)
    defer { arriving[namespace, default: 0] -= room.taken }
    try Files.makeFolder(stage)
    do {
      let path = "\(stage)/\(Self.name(of: source))"
      switch source {
      case .local(let original, let allowed):
        try await copy(try ArtifactRoot(original, below: allowed), to: path, in: room)
      case .web(let url, let publicOnly):
        try await download(url, publicOnly: publicOnly, to: path, in: room)
      }
      let digest = try await digest(of: path)
      try verify(digest, against: expected, of: model)
      return try await place(stage, digest: digest, of: model)
    } catch {
      try Files.remove(stage)
      throw error
    }
  }

  /// Refuses what is not what the manifest names.
  ///
  /// The record says that it differs and not what it is: with the digest of a file that its team may not read,
  /// the team could find out what is in it. The operator's log says it.
  private func verify(_ digest: String, against expected: String?, of model: Model) throws {
    guard let expected, digest != expected else { return }
    logger.warning(
      "an artifact is not what its manifest names",
      metadata: [
        "uri": "\(ArtifactSource.shown(model.uri))", "digest": "\(digest)",
        "expected": "\(expected)",
      ])
    throw LocalRuntimeError(
      .artifact, "verify the artifact",
      "it has another digest than \(expected), which the manifest names")
  }

  private static func name(of source: ArtifactSource) -> String {
    let path =
      switch source {
      case .local(let path, _): path
      case .web(let url, _): URLComponents(string: url)?.path ?? ""
      }
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    return ["", ".", ".."].contains(name) || name.utf8.count > 200 ? "model" : name
  }

  /// Computes the digest of the copy, piece by piece, so that others are served meanwhile.
  func digest(of path: String) async throws -> String {
    var reading = ArtifactReading(of: try ArtifactListing(of: path))
    while try reading.step() {
      try Task.checkCancellation()
      await Task.yield()
    }
    return reading.digest
  }

  /// Puts what was read from a URI into its place, unless an intact copy stands there already.
  private func place(_ stage: String, digest: String, of model: Model) async throws -> Artifact {
    guard let origin = Self.origin(of: model, digest) else {
      preconditionFailure("\(digest) was computed here")
    }
    if let known = try await intact(origin) {
      try Files.remove(stage)
      return known
    }
    let place = "\(folder.artifacts)/\(origin.name)"
    guard rename(stage, place) == 0 else { throw Files.error("replace", place) }
    arrivals[origin.name, default: 0] += 1
    stored = nil
    try Files.sync(folder: folder.artifacts)
    logger.debug("artifact stored", metadata: ["digest": "\(digest)"])
    guard let artifact = stored(origin) else {
      throw LocalRuntimeError(.file, "find \(digest)", "it vanished")
    }
    return artifact
  }

  private func copy(_ root: ArtifactRoot, to path: String, in room: ArtifactRoom) async throws {
    let listing = try ArtifactListing(root)
    for file in listing.all {
      let target = file.map { "\(path)/\($0)" } ?? path
      try Files.makeFolder(Tools.folder(of: target))
      let input = try root.open(file)
      try await copy(input, named: root.shown(file), to: target, in: room)
    }
    for folder in Set((listing.files ?? []).flatMap(Self.folders)) {
      try Files.sync(folder: folder.isEmpty ? path : "\(path)/\(folder)")
    }
  }

  /// Returns the folders above a relative path: "" and "a" for "a/b".
  private static func folders(above file: String) -> [String] {
    let parts = file.split(separator: "/").dropLast()
    return (0...parts.count).map { parts.prefix($0).joined(separator: "/") }
  }

  private func copy(
    _ input: Descriptor, named source: String, to target: String, in room: ArtifactRoom
  ) async throws {
    let output = try Descriptor(target, O_WRONLY | O_CREAT | O_EXCL)
    while true {
      try Task.checkCancellation()
      let bytes = try Files.read(input.number, path: source, atMost: 1 << 20)
      guard !bytes.isEmpty else { return try output.sync() }
      try reserve(bytes.count, in: room, source)
      try Files.write(bytes, to: output.number, path: target)
      await Task.yield()
    }
  }

  private func download(
    _ url: String, publicOnly: Bool, to path: String, in room: ArtifactRoom
  ) async throws {
    var request = HTTPRequest(url)
    request.publicAddressesOnly = publicOnly
    request.caFile = setup.local.caFile
    request.netrcFile = setup.netrcFile
    // A large model takes as long as it takes, but something must arrive all the time.
    request.timeout = nil
    request.idleTimeout = .seconds(60)
    do {
      let (head, body) = try await client.open(request)
      try Self.accept(head, of: url)
      let output = try Descriptor(path, O_WRONLY | O_CREAT | O_EXCL)
      for try await bytes in body {
        try reserve(bytes.count, in: room, url)
        try Files.write(bytes, to: output.number, path: path)
      }
      try output.sync()
    } catch let error as HTTPError {
      let isFinal = error.kind == .certificate || error.kind == .refused
      throw LocalRuntimeError(
        isFinal ? .artifact : .unreachable, "fetch \(ArtifactSource.shown(url))",
        publicOnly && error.kind == .refused
          ? "\(error.message); the operator can name it in allowedHosts" : error.message)
    }
  }

  /// Refuses every answer but the artifact itself.
  private static func accept(_ head: HTTPHead, of url: String) throws {
    guard head.status != 200 else { return }
    let message =
      (300..<400).contains(head.status)
      ? "it is redirected (\(head.status)); name the place where it is"
      : head.status == 401
        ? "the server asks who it is for (401)" : "the server answered \(head.status)"
    throw LocalRuntimeError(
      kind(of: head.status), "fetch \(ArtifactSource.shown(url))", message)
  }

  /// What an answer says about the next attempt.
  ///
  /// A store that does not let its clients list answers 403 for what is not there.
  private static func kind(of status: Int) -> LocalRuntimeError.Kind {
    switch status {
    case 403, 404, 410: .missing
    case 408, 429, 500...: .unreachable
    default: .artifact
    }
  }
}
