import ArgumentParser
import Foundation
import LocalRuntime
import Manifests
import Rollouts

struct BatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch", abstract: "Run jobs on the models of batch deployments.",
    subcommands: [BatchRunCommand.self])
}

struct BatchRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a job on the model that is current, which stays so meanwhile.",
    discussion: """
      The command gets SERIN_MODEL_PATH, SERIN_MODEL_VERSION, SERIN_MODEL_REVISION, SERIN_MODEL_DIGEST, and SERIN_RUN, \
      under which it reports its counts. While it runs its lease is renewed, and Serin switches to no other model. \
      While a switch waits for other runs, the command waits, too.

      Signals are passed on to the command, and its exit code is that of this one: 128 and the number of a signal that \
      ended it.
      """)

  @Option(help: ArgumentHelp("The deployment whose model is read.", valueName: "namespace/name"))
  var deployment: DeploymentArgument
  @Option(
    help: ArgumentHelp("The folder of the runtime: local.batch.folder.", valueName: "dir"))
  var folder: String
  @Option(
    help: ArgumentHelp(
      "How long the lease holds when it is not renewed, as after a crash.", valueName: "duration"))
  var lease = DurationArgument(.seconds(15 * 60))
  @Option(
    help: ArgumentHelp("How long to wait for a switch before giving up.", valueName: "duration"))
  var wait = DurationArgument(.seconds(3600))
  @Option(help: ArgumentHelp("What the run is called, beside a number.", valueName: "name"))
  var name = "job"
  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("The command, behind --.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    guard !command.isEmpty else {
      throw ValidationError("A command is missing: serin batch run … -- COMMAND")
    }
  }

  func run() async throws {
    let run = try BatchRun(deployment.name, in: folder, of: name, lease: lease.duration)
    let model = try await begin(run)
    defer { run.end() }
    let job = try JobProcess(command, environment: Self.variables(model, run))
    let renewal = Task { await renew(run) }
    let code = await job.exitCode()
    renewal.cancel()
    guard code == 0 else {
      run.end()
      throw ExitCode(code)
    }
  }

  private func begin(_ run: BatchRun) async throws -> BatchPointer.Model {
    do {
      return try await run.begin(patience: wait.duration) {
        say("a switch waits for other runs of \(deployment.name): this one waits for it")
      }
    } catch let error as LocalRuntimeError where error.kind == .unreachable {
      throw Failure(
        .unavailable, "\(error)", hint: "run it again later, or let it wait longer with --wait")
    }
  }

  private static func variables(_ model: BatchPointer.Model, _ run: BatchRun) -> [String: String] {
    [
      "SERIN_MODEL_PATH": model.path, "SERIN_MODEL_VERSION": model.version,
      "SERIN_MODEL_REVISION": model.revision, "SERIN_MODEL_DIGEST": model.digest,
      "SERIN_RUN": run.name,
    ]
  }

  /// Renews three times in each lease, so that one that comes late costs nothing.
  private func renew(_ run: BatchRun) async {
    while true {
      do { try await Task.sleep(for: lease.duration / 3) } catch { return }
      if run.renew() { continue }
      return say("the lease is lost: another model may be switched to while the command runs")
    }
  }

  private func say(_ text: String) {
    FileHandle.standardError.write(Data("serin: \(text)\n".utf8))
  }
}

/// "risk/scores", or "scores" for the default namespace.
struct DeploymentArgument: ExpressibleByArgument {
  let name: DeploymentName

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard (1...2).contains(parts.count), !parts.contains("") else { return nil }
    name =
      parts.count == 2
      ? DeploymentName(namespace: parts[0], name: parts[1]) : DeploymentName(name: parts[0])
  }
}
