import ArgumentParser
import Control
import Foundation
import Logging
import Manifests
import Processes

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Watch a repository and bring about what it asks for.",
    discussion: """
      Ctrl-C stops the controller; Envoy and the model servers go on serving, and are taken over \
      again at the next start. `serin stop` stops them too.

      Without --config, models are served on this machine with MLServer behind Envoy, at \
      http://\(Defaults.serving)/NAMESPACE/v2/models/NAME/infer; --serve chooses another address.
      """)

  @OptionGroup var controller: ControllerOptions
  @Option(help: "The branch to watch. (default: \(Defaults.sourceBranch))") var branch: String?
  @Option(help: "The folder to watch in it. (default: all of it)") var path: String?
  @Option(
    help: ArgumentHelp(
      "Those who may sign the manifests' commits, as OpenSSH writes them.", valueName: "file"))
  var sourceSigners: String?
  @Option(
    help:
      "The time between two fetches, as 10s or 1m. (default: \(Defaults.fetchInterval.manifestText))"
  ) var interval: DurationArgument?
  @Option(
    help: ArgumentHelp(
      "Where clients' requests are answered. (default: \(Defaults.serving))", valueName: "host:port"
    ))
  var serve: ListenAddress?
  @Option(
    help: ArgumentHelp(
      "Where the console listens, as \(Defaults.console). (default: nowhere)",
      valueName: "host:port"))
  var listen: ListenAddress?
  @Option(
    help: ArgumentHelp(
      "The folder for artifacts, as on another disk. (default: that of --state)", valueName: "dir"))
  var artifacts: String?
  @Option(
    help: ArgumentHelp(
      "The folder for the logs of Envoy and the model servers. (default: that of --state)",
      valueName: "dir"))
  var logs: String?
  @Flag(help: "Bring everything to rest once, publish, and end.") var once = false
  @Flag(
    help: ArgumentHelp(
      "Raise risk at once: no other controller of this ledger is alive.",
      discussion: "Without it, a controller in a new folder waits for spec.ledger.maxPublishLag."))
  var takeOver = false
  @OptionGroup var log: LogOptions

  func run() async throws {
    ProcessGuards.set()
    let logger = try log.logger()
    var configuration = try controller.configuration(
      branch: branch, path: path, interval: interval?.duration, sourceSigners: sourceSigners,
      listen: listen, serving: serve)
    configuration.paths.artifacts = artifacts ?? configuration.paths.artifacts
    configuration.paths.logs = logs ?? configuration.paths.logs
    let (composition, folder) = (
      try Composition(configuration, takesOver: takeOver, logger: logger), configuration.state
    )
    let once = once
    let memory = Task { await Memory.giveBack() }
    defer { memory.cancel() }
    try await untilInterrupted {
      try await composition.run(once: once)
    } finishing: {
      await composition.finish()
    }
    logger.info(
      "stopped; what serves goes on serving",
      metadata: ["to-stop-it": "serin stop --state \(folder)"])
  }

  /// What the manifests' decoder refuses in a file is refused as a flag.
  func validate() throws {
    let parts = path.map { $0.split(separator: "/", omittingEmptySubsequences: false) } ?? []
    guard !parts.contains(".."), path?.hasPrefix("/") != true else {
      throw ValidationError("--path \(path ?? ""): it must be a folder of the repository.")
    }
    for (option, folder) in [("--artifacts", artifacts), ("--logs", logs)] where folder == "" {
      throw ValidationError("\(option) must name a folder.")
    }
    try ControllerOptions.requireBranch(branch)
  }
}

struct StopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop Envoy and the model servers that a controller left.",
    discussion: "Requests under way are answered first. The controller must not be running.")

  @Option(help: ArgumentHelp("The folder that serin run was given.", valueName: "dir"))
  var state = Defaults.state
  @OptionGroup var log: LogOptions

  func run() async throws {
    ProcessGuards.set()
    guard FileManager.default.fileExists(atPath: state) else {
      throw Failure(.user, "\(state): no such folder", hint: "name it with --state")
    }
    try await Composition.stopServing(state: state, logger: log.logger())
    print("stopped")
  }
}

/// A duration on the command line, written as in a manifest.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  var defaultValueDescription: String { duration.shortText }

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = Duration(manifest: argument), duration >= .seconds(1) else {
      return nil
    }
    self.duration = duration
  }
}

extension ListenAddress: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
