import Control
import Foundation
import Glibc
import HTTP
import Logging
import Manifests
import Rollouts

// The start of the process: with what of the machine it is given, and no more.
extension ModelServer {
  func launch(_ artifact: Artifact, what: String) async throws {
    try await waitForPorts(what)
    try log.rotate()
    logOffset = log.size
    killsBefore = kills
    let socket = try parts.socket.map(PrivateSocket.init)
    // The server has its own; while this one is open, clients of a dead server would not be refused.
    defer { if let socket { close(socket.descriptor) } }
    let started = try DetachedProcess(
      ProcessLaunch(
        command: try shutIn(artifact),
        environment: parts.files.environment(for: artifact).merging(
          [DetachedProcess.marker: parts.folder.path]) { $1 }, folder: parts.files.folder,
        log: log.path, listener: socket?.descriptor))
    process = started
    record.process = started.identity
    record.isolation = parts.isolation.name
    try save()
    logger.info(
      "model server started", metadata: ["pid": "\(started.pid)", "port": "\(port)"])
  }

  /// Waits until the ports are free; those of a server with a network of its own always are.
  private func waitForPorts(_ what: String) async throws {
    guard parts.socket == nil else { return }
    var backoff = Backoff()
    while let port = record.ports.first(where: { !LoopbackPorts.isFree($0) }) {
      become(.preparing("\(what): \(Self.waiting(for: port))"))
      try await Task.sleep(for: backoff.delay())
    }
  }

  /// Returns the command that starts the server, shut in as far as that can be had.
  private func shutIn(_ artifact: Artifact) throws -> [String] {
    let command = try parts.files.command(for: artifact)
    guard let sandbox = parts.isolation.sandbox else { return command }
    if sandbox.ownUser { try letRead(artifact) }
    let inside = Sandbox.Inside(
      readable: parts.files.installation(keeping: parts.hidden) + [
        artifact.path, parts.files.folder,
      ],
      hidden: parts.hidden, port: port)
    let whole = sandbox.command(command, inside)
    guard let groups = sandbox.groups else { return whole }
    return ControlGroups.entering(
      try groups.make(parts.group, sandbox.settings.limits), whole)
  }

  /// Lets every user read what the server is shown; on the machine itself, the folders above are closed to all.
  private func letRead(_ artifact: Artifact) throws {
    try Files.letAllRead(artifact.path)
    try Files.letAllRead(parts.files.folder, only: ["settings.json", "model-settings.json"])
  }

  /// How many processes were killed for want of memory: of the server, or of whatever is counted with it.
  var kills: Int? { parts.isolation.sandbox?.groups?.kills(parts.group) ?? OutOfMemory.kills() }

  /// How the process ended: its own end, also where another process told it.
  var ending: ProcessEnding? {
    parts.isolation.sandbox == nil ? process?.ending : process?.ending?.behindAnother
  }

  /// Takes over the process of an earlier controller, when it runs, is shut in as it should be, and answers.
  func adopt() async {
    if let digest = record.digest { _ = await parts.store.adopt(model, digest, for: key) }
    process = record.process.flatMap(DetachedProcess.init(adopting:))
    if process != nil, (record.isolation ?? Isolation.none.name) != parts.isolation.name {
      await endForeign()
    }
    guard process != nil, record.hasBeenReady, await ask() == .ready else { return }
    logger.debug("model server adopted", metadata: ["pid": "\(process?.pid ?? 0)"])
    become(.ready)
  }

  /// Ends a server that an earlier controller started with other rights than it may have now.
  private func endForeign() async {
    logger.warning(
      "model server restarts: its isolation has changed",
      metadata: [
        "before": "\(record.isolation ?? Isolation.none.name)", "now": "\(parts.isolation.name)",
      ])
    do {
      try await process?.stop(grace: Self.grace)
      process = nil
    } catch {
      logger.error("model server could not be stopped", metadata: ["error": "\(error)"])
    }
  }
}
