import Foundation
import Golden
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// How a model server is started, and how it is asked.
@Suite struct ServerFilesTests {
  static func files(
    _ format: String, _ change: (inout LocalSettings) -> Void = { _ in }
  ) throws -> ServerFiles {
    var settings = LocalSettings()
    change(&settings)
    let folder = TemporaryFolder.current.appending(path: "server")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return ServerFiles(
      key: ServerKey(DeploymentName(namespace: "default", name: "iris"), Revision.ID("r1")),
      model: Model(
        version: "8", uri: "file:///m", digest: nil, format: format, smoke: nil, retry: 0),
      ports: [20_001, 20_002, 20_003], folder: folder.path,
      tools: Tools(envoy: "/opt/envoy", python: "/opt/venv/bin/python"), settings: settings)
  }

  static func artifact(_ files: [String: String]) throws -> Artifact {
    for (path, text) in files { try ArtifactTests.write(text, "model/" + path) }
    return Artifact(path: TemporaryFolder.current.appending(path: "model").path, digest: "")
  }

  /// Returns what was written for MLServer, without the folder of this run.
  static func written(_ files: ServerFiles, _ artifact: Artifact) throws -> String {
    try files.write(for: artifact, stage: TemporaryFolder.current.path)
    let text = try ["settings.json", "model-settings.json"].map {
      "\($0):\n" + (try String(contentsOfFile: files.folder + "/" + $0, encoding: .utf8))
    }.joined()
    return text.replacing(TemporaryFolder.current.path, with: "FOLDER")
  }

  @Test(.temporaryFolder) func theFilesOfMLServer() throws {
    let artifact = try Self.artifact(["model.joblib": "", "notes.txt": ""])
    try expectGolden(try Self.written(try Self.files("sklearn"), artifact), "mlserver-sklearn.txt")
  }

  @Test(.temporaryFolder) func aCustomModelKeepsItsSettings() throws {
    let settings = #"""
      {"name": "theirs", "implementation": "my.Model", "max_batch_size": 4,
       "parameters": {"uri": "./weights", "extra": {"ratio": 0.5}}}
      """#
    let artifact = try Self.artifact(["model-settings.json": settings, "my.py": ""])
    let files = try Self.files("custom")
    try expectGolden(try Self.written(files, artifact), "mlserver-custom.txt")
    #expect(files.environment(for: artifact, inherited: [:])["PYTHONPATH"] == artifact.path)
  }

  /// The command and the variables; a controller's secrets are none of a model's business.
  @Test(.temporaryFolder) func commandsAndVariables() throws {
    let artifact = Artifact(path: "/m/{name}", digest: "")
    let files = try Self.files("sklearn")
    #expect(
      try files.command(for: artifact)
        == ["/opt/venv/bin/python", "/opt/venv/bin/mlserver", "start", files.folder])
    let own = try Self.files("anything") {
      $0.server = ServerSettings(
        command: ["serve", "--port={port}", "{model}", "{name}:{version}", "{other}"],
        environment: ["OMP_NUM_THREADS": "2"])
    }
    #expect(
      try own.command(for: artifact)
        == ["serve", "--port=20001", "/m/{name}", "iris:8", "{other}"])
    let variables = own.environment(
      for: artifact, inherited: ["PATH": "/bin", "SERIN_TOKEN": "hunter2"])
    #expect(variables["PATH"] == "/bin" && variables["SERIN_TOKEN"] == nil)
    #expect(variables["OMP_NUM_THREADS"] == "2" && variables["MLSERVER_HOST"] == "127.0.0.1")
  }

  @Test(
    .temporaryFolder,
    arguments: [
      ("sklearn", ["one.bin"], "model/one.bin"),
      ("sklearn", ["model.pkl", "x"], "model/model.pkl"),
      ("mlflow", ["MLmodel"], "FOLDER/model\""),
      ("sklearn", ["a", "b"], "which of 2 files is the model: a, b?"),
      (
        "sklearn", ["model.pkl", "model.bst"],
        "which of 2 files is the model: model.bst, model.pkl?"
      ),
      ("torch", ["a"], "\"torch\" is none of custom, lightgbm, mlflow, sklearn, xgboost"),
      ("custom", ["a"], "needs a model-settings.json"),
    ])
  func theModelIsFoundOrAskedFor(format: String, names: [String], words: String) throws {
    let artifact = try Self.artifact(Dictionary(uniqueKeysWithValues: names.map { ($0, "") }))
    let text: String
    do {
      text = try Self.written(try Self.files(format), artifact)
    } catch {
      text = "\(error)"
    }
    #expect(text.contains(words), "\(text)")
  }

  /// What is missing and how to get it, in one message.
  @Test(.temporaryFolder) func missingToolsAreNamed() throws {
    let folder = TemporaryFolder.current.path
    let environment = ["PATH": folder]
    func message(_ settings: LocalSettings) -> String {
      do {
        let tools = try Tools.find(settings, environment: environment, workingFolder: folder)
        return "\(tools)"
      } catch {
        return "\(error)"
      }
    }
    var settings = LocalSettings()
    var text = message(settings) + "\n\n"
    settings.envoy = "/opt/envoy"
    settings.python = "/opt/python"
    text += message(settings) + "\n\n"
    settings.envoy = nil
    settings.server = ServerSettings(command: ["serve"])
    text += message(settings) + "\n"
    try expectGolden(text, "missing-tools.txt")
  }

  /// pip's `envoy` is a script around the binary, which is what must be started.
  @Test(.temporaryFolder) func toolsAreFoundInAVirtualEnvironment() throws {
    let binary = "lib/python3.11/site-packages/envoy/_bin/envoy"
    for (path, text) in [
      "bin/python3": "\u{7F}ELF", "bin/mlserver": "#!", "bin/envoy": "#!", binary: "\u{7F}ELF",
    ] {
      try ArtifactTests.write(text, ".venv/" + path)
      let file = TemporaryFolder.current.appending(path: ".venv/" + path).path
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }
    let folder = TemporaryFolder.current.path
    let tools = try Tools.find(
      LocalSettings(), environment: ["PATH": folder + "/.venv/bin"],
      workingFolder: folder)
    let expected = Tools(
      envoy: "\(folder)/.venv/\(binary)", python: "\(folder)/.venv/bin/python3")
    #expect(tools == expected)
  }

  /// The same script on the PATH, away from any Python of the working folder: as it is, through a link,
  /// by its first line, and as the operator's own word.
  @Test(.temporaryFolder) func envoyOfAWheelIsFoundByItsScript() throws {
    let folder = TemporaryFolder.current.path
    func program(_ path: String, _ text: String) throws {
      try ArtifactTests.write(text, path)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(path)")
    }
    let binary = "venv/lib/python3.12/site-packages/envoy/_bin/envoy"
    try program(binary, "\u{7F}ELF")
    try program("venv/bin/envoy", "#!\(folder)/venv/bin/python3\nimport envoy\n")
    try program("copy/envoy", "#!\(folder)/venv/bin/python3\nimport envoy\n")
    try program("other/envoy", "#!/bin/sh\n")
    try FileManager.default.createDirectory(
      atPath: folder + "/links", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/links/envoy", withDestinationPath: "../venv/bin/envoy")
    var settings = LocalSettings()
    settings.server = ServerSettings(command: ["serve"])
    for place in ["venv/bin", "links", "copy"] {
      let path = "\(folder)/other:\(folder)/\(place)"
      let tools = try Tools.find(settings, environment: ["PATH": path], workingFolder: folder)
      #expect(tools.envoy == "\(folder)/\(binary)", "\(place)")
    }
    for (script, expected) in [("venv/bin/envoy", binary), ("other/envoy", "other/envoy")] {
      settings.envoy = script
      let tools = try Tools.find(settings, environment: ["PATH": ""], workingFolder: folder)
      #expect(tools.envoy == "\(folder)/\(expected)")
    }
  }
}
