import Foundation
package import Manifests
package import Rollouts
import Encoding

/// What is written down about one model server, so that a later controller finds it again.
struct ServerRecord: Codable, Equatable, Sendable {
  /// HTTP, gRPC and metrics; kept for life, because Envoy knows the first one.
  let ports: [Int]
  /// The process that was started last.
  var process: ProcessIdentity?
  /// The artifact it serves, once it was verified.
  var digest: String?
  /// Whether it has answered; a server that has is started again, one that never did has failed.
  var hasBeenReady = false
  /// How it ended by itself, if it ever did.
  var crash: Crash?
  /// What the process was kept from when it was started.
  var isolation: String?
}

/// How one model server is started: values in, files and a command out.
package struct ServerFiles: Sendable {
  package let key: ServerKey
  package let model: Model
  package let ports: [Int]
  package let folder: String
  package let tools: Tools
  package let settings: LocalSettings
  /// Where it may write; nil for its folder.
  package let scratch: String?

  package init(
    key: ServerKey, model: Model, ports: [Int], folder: String, tools: Tools,
    settings: LocalSettings, scratch: String? = nil
  ) {
    self.key = key
    self.model = model
    self.ports = ports
    self.folder = folder
    self.tools = tools
    self.settings = settings
    self.scratch = scratch
  }

  private static let implementations = [
    "sklearn": "mlserver_sklearn.SKLearnModel",
    "xgboost": "mlserver_xgboost.XGBoostModel",
    "lightgbm": "mlserver_lightgbm.LightGBMModel",
    "mlflow": "mlserver_mlflow.MLflowRuntime",
  ]

  /// The names that people give to the file that is the model.
  private static let wellKnown = [
    "model.joblib", "model.pickle", "model.pkl", "model.bst", "model.json", "model.txt",
  ]

  /// A team's own settings of MLServer are a page of JSON.
  private static let largestSettings = 1 << 20

  private var name: String { key.deployment.name }

  /// Writes what the server reads.
  package func write(for artifact: Artifact, stage: String) throws {
    guard settings.server == nil else { return }
    try Files.replace(serverSettings.indentedFile, at: "\(folder)/settings.json", stage: stage)
    let text = try modelSettings(for: artifact)
    try Files.replace(text, at: "\(folder)/model-settings.json", stage: stage)
  }

  /// Returns the command line of the server.
  package func command(for artifact: Artifact) throws -> [String] {
    if let server = settings.server {
      return server.command.map { fill($0, artifact) }
    }
    guard let python = tools.python, let mlserver = tools.mlserver else {
      preconditionFailure("the tools were found before")
    }
    return [python, mlserver, "start", folder]
  }

  /// Returns the files that the command needs, by the operator's words alone: what a manifest fills in names none.
  func installation(
    keeping hidden: [String],
    inherited: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    let programs = ProgramFiles(
      path: inherited["PATH"] ?? "/usr/bin:/bin",
      kept: hidden + [inherited["HOME"]].compactMap(\.self))
    guard let server = settings.server else {
      return programs.needed(by: [tools.python, tools.mlserver].compactMap(\.self))
    }
    return programs.needed(
      by: server.command.filter { !$0.contains("{") }, environment: server.environment)
  }

  /// Fills in the placeholders of an argument; each once, so that a value cannot hold another.
  private func fill(_ argument: String, _ artifact: Artifact) -> String {
    let values = [
      "port": String(ports[0]), "model": artifact.path, "name": name, "version": model.version,
    ]
    return argument.replacing(/\{(port|model|name|version)\}/) { match in
      values[String(match.output.1)] ?? String(match.output.0)
    }
  }

  /// The variables of the server: a model is other people's code, so it gets none of ours but what
  /// a program needs to run.
  package func environment(
    for artifact: Artifact, inherited: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String: String] {
    let names: Set = ["PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ"]
    let own = [
      "MLSERVER_HOST": "127.0.0.1",
      // The default pool of one worker answers half as fast, and hangs with uvloop 0.22.
      "MLSERVER_PARALLEL_WORKERS": "0",
      "MLSERVER_HTTP_PORT": String(ports[0]),
      "MLSERVER_GRPC_PORT": String(ports[1]),
      "MLSERVER_METRICS_PORT": String(ports[2]),
      // Many servers share the cores; each one's pool of threads would fight the others'.
      "OMP_NUM_THREADS": "1",
    ]
    let path = model.format == "custom" ? ["PYTHONPATH": artifact.path] : [:]
    // Its user has no name and no home.
    let home =
      scratch.map { ["HOME": $0, "TMPDIR": $0, "USER": "model", "LOGNAME": "model"] } ?? [:]
    return inherited.filter { names.contains($0.key) }
      .merging(own) { $1 }.merging(path) { $1 }.merging(home) { $1 }
      .merging(settings.server?.environment ?? [:]) { $1 }
  }

  private var serverSettings: JSONValue {
    [
      "debug": false,
      "host": "127.0.0.1",
      "http_port": .number(ports[0]),
      "grpc_port": .number(ports[1]),
      "metrics_port": .number(ports[2]),
      "parallel_workers": 0,
      // Both default to the working folder, where servers would remove each other's.
      "metrics_dir": .string("\(scratch ?? folder)/metrics"),
      "environments_dir": .string("\(scratch ?? folder)/environments"),
    ]
  }

  private func modelSettings(for artifact: Artifact) throws -> String {
    if model.format == "custom" { return try customSettings(of: artifact) }
    guard let implementation = Self.implementations[model.format] else {
      let known = (Self.implementations.keys + ["custom"]).sorted().joined(separator: ", ")
      throw problem("the format \(model.format.debugDescription) is none of \(known)")
    }
    let uri = model.format == "mlflow" ? artifact.path : try modelFile(in: artifact)
    let value: JSONValue = [
      "name": .string(name),
      "implementation": .string(implementation),
      "parameters": ["uri": .string(uri), "version": .string(model.version)],
    ]
    return value.indentedFile
  }

  /// Returns the file that is the model, among those that came with it.
  private func modelFile(in artifact: Artifact) throws -> String {
    guard let files = try ArtifactListing(of: artifact.path).files else { return artifact.path }
    let known = files.filter(Self.wellKnown.contains)
    let candidates = known.isEmpty ? files : known
    guard candidates.count == 1 else {
      let names = candidates.prefix(5).joined(separator: ", ")
      throw problem("which of \(candidates.count) files is the model: \(names)?")
    }
    return "\(artifact.path)/\(candidates[0])"
  }

  /// The artifact's own settings, under our name and version.
  private func customSettings(of artifact: Artifact) throws -> String {
    let path = "\(artifact.path)/model-settings.json"
    guard let bytes = try Files.contents(of: path, atMost: Self.largestSettings),
      var value = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    else { throw problem("a custom model needs a model-settings.json, a JSON object, at its root") }
    var parameters = value["parameters"] as? [String: Any] ?? [:]
    if let uri = parameters["uri"] as? String, !uri.hasPrefix("/"), !uri.contains("://") {
      parameters["uri"] = "\(artifact.path)/\(uri)"
    }
    parameters["version"] = model.version
    value["name"] = name
    value["parameters"] = parameters
    let data = try JSONSerialization.data(
      withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private func problem(_ message: String) -> LocalRuntimeError {
    LocalRuntimeError(.artifact, "prepare \(key)", message)
  }
}
