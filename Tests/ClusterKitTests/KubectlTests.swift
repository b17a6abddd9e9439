import ClusterKit
import Encoding
import Foundation
import TestKit
import Testing

/// Whether there is a kubectl to try; Debian 12's own is years too old, so that it is not installed by itself.
private let isKubectlInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/kubectl")

/// kubectl works against the server of the tests.
@Suite(.timeLimit(.minutes(1)), .enabled(if: isKubectlInstalled, "kubectl is not installed"))
struct KubectlTests {
  private static let service = """
    apiVersion: v1
    kind: Service
    metadata:
      name: iris
      labels: {app: iris}
    spec:
      selector: {app: iris}
      ports: [{port: 80}]
    """

  /// Runs kubectl with nothing of the user's: no file of theirs, no proxy, no cache.
  private static func kubectl(
    _ server: ClusterServer, _ arguments: String...
  ) async throws -> String {
    try await kubectl(server, arguments)
  }

  private static func kubectl(
    _ server: ClusterServer, _ arguments: [String]
  ) async throws -> String {
    let (folder, url) = (TemporaryFolder.current.path, server.url)
    return try await elsewhere {
      try shell(
        ["kubectl", "--server", url, "--cache-dir", folder + "/cache"] + arguments,
        environment: ["HOME": folder, "KUBECONFIG": "/dev/null", "NO_PROXY": "*"])
    }
  }

  private static func file(_ text: String) throws -> String {
    let file = TemporaryFolder.current.appending(path: "object.yaml")
    try Data(text.utf8).write(to: file)
    return file.path
  }

  /// Objects are applied, read in three forms, patched, and deleted.
  @Test(.temporaryFolder) func objectsLiveAndDie() async throws {
    try await ClusterServer.run { server in
      let file = try Self.file(Self.service)
      #expect(try await Self.apply(server, file) == "service/iris serverside-applied\n")
      let list = try await Self.kubectl(server, "get", "svc", "-l", "app in (iris, b)")
      #expect(list.contains("NAME") && list.contains("iris"))
      #expect(
        try await Self.kubectl(server, "get", "svc", "iris", "-o", "name") == "service/iris\n")
      _ = try await Self.kubectl(
        server, "patch", "svc", "iris", "--type=merge", "-p", #"{"spec": {"selector": {"a": "b"}}}"#
      )
      _ = try await Self.kubectl(server, "label", "svc", "iris", "team=a")
      let port = try await Self.kubectl(
        server, "get", "svc", "iris", "-o", "jsonpath={.spec.ports[0].port} {.metadata.labels.team}"
      )
      #expect(port == "80 a")
      let gone = try await Self.kubectl(server, "delete", "svc", "iris")
      #expect(gone.contains("service \"iris\" deleted"))
      #expect(server.objects(of: .services).isEmpty)
    }
  }

  private static func apply(_ server: ClusterServer, _ file: String) async throws -> String {
    try await kubectl(server, "apply", "--server-side", "--validate=false", "-f", file)
  }

  /// Somebody's edit is a conflict for who applies, and is taken back with force.
  @Test(.temporaryFolder) func editsAreConflicts() async throws {
    try await ClusterServer.run { server in
      let file = try Self.file(Self.service)
      _ = try await Self.apply(server, file)
      server.edit(.services, "default", "iris", ["spec": ["selector": ["app": "other"]]])
      let error = await #expect(throws: ProcessFailure.self) { try await Self.apply(server, file) }
      #expect(error?.description.contains("conflict with \"kubectl-edit\"") == true)
      _ = try await Self.kubectl(
        server, "apply", "--server-side", "--force-conflicts", "--validate=false", "-f", file)
      let object = server.object(.services, "default", "iris")
      #expect(object?[path: "spec", "selector", "app"] == "iris")
    }
  }

  /// Who waits for a condition, or watches, hears of it.
  @Test(.temporaryFolder) func changesAreAwaited() async throws {
    try await ClusterServer.run { server in
      server.write([
        "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": ["name": "iris"],
        "spec": ["predictor": ["minReplicas": 1]],
      ])
      let output = TemporaryFolder.current.appending(path: "watch")
      let watch = try BackgroundProcess(
        ["kubectl", "--server", server.url, "get", "isvc", "-w", "-o", "name"],
        environment: ["KUBECONFIG": "/dev/null", "HOME": TemporaryFolder.current.path],
        output: output)
      defer { watch.stop() }
      while server.openWatches == 0 { try await Task.sleep(for: .milliseconds(20)) }
      let changes = Task {
        try await Task.sleep(for: .milliseconds(300))
        server.writeStatus(
          .inferenceServices, "default", "iris",
          ["conditions": [["type": "Ready", "status": "True"]]])
      }
      _ = try await Self.kubectl(
        server, "wait", "isvc/iris", "--for=condition=Ready", "--timeout=20s")
      _ = try await changes.value
      func lines() -> Int {
        ((try? String(contentsOf: output, encoding: .utf8)) ?? "").split(separator: "\n").count
      }
      while lines() < 2 { try await Task.sleep(for: .milliseconds(20)) }
    }
  }
  /// A type whose definition names columns is shown in them, one object and many.
  @Test(.temporaryFolder) func columnsAreShown() async throws {
    try await ClusterServer.run(types: Catalog.shown) { server in
      server.write([
        "apiVersion": "serin.dev/v1alpha1", "kind": "ModelDeployment",
        "metadata": ["name": "iris"], "spec": ["version": "2"],
      ])
      server.writeStatus(
        TypeID(group: "serin.dev", plural: "modeldeployments"), "default", "iris",
        ["phase": "step 1 of 2 (5%)", "stable": "1", "candidate": "2"])
      let wanted = #/NAME +PHASE +STABLE +CANDIDATE +ASKED +OBSERVED +AGE +REASON/#
      for object in [["iris"], []] {
        let text = try await Self.kubectl(server, ["get", "modeldeployments"] + object)
        let lines = text.split(separator: "\n")
        try #require(lines.count == 2, "\(text)")
        #expect(lines[0].starts(with: wanted), "\(text)")
        #expect(lines[1].starts(with: #/iris +step 1 of 2 \(5%\) +1 +2 +\d+s/#), "\(text)")
      }
    }
  }
}
