import ClusterKit
import Encoding
import Foundation
import Manifests
import TestKit
import Testing

/// What `kubectl apply -k` brings into a cluster.
@Suite(
  .timeLimit(.minutes(1)),
  .enabled(if: Installation.isInstalled("kubectl"), "kubectl is not installed"))
struct OverlayTests {
  /// The API of a cluster takes every object: no field is unknown to it, and none has another type.
  @Test(
    .temporaryFolder,
    arguments: [
      ("overlays/namespace", "models"), ("overlays/cluster", "serin"),
    ])
  func everyObjectIsTaken(folder: String, namespace: String) async throws {
    try await Installation.installing(folder, into: namespace) { _, rendered, answers in
      #expect(answers.count == rendered, "\(answers)")
      for answer in answers { #expect(answer.hasSuffix(" serverside-applied")) }
    }
  }

  /// With the components there is a claim in the place of the empty volume, for one controller.
  @Test(.temporaryFolder) func theComponentsAreTaken() async throws {
    let folder = try Installation.overlay(with: ["prometheus-operator", "volume"])
    try await Installation.installing(folder, into: "serin") { server, rendered, answers in
      #expect(answers.count == rendered, "\(answers)")
      let spec = server.object(.deployments, "serin", "serin")?["spec"]
      #expect(spec?["replicas"] == 1)
      #expect(spec?[path: "strategy", "type"] == "Recreate")
      let state = try #require(Installation.pod(server, "serin")?["volumes"]?.items.first)
      #expect(state[path: "persistentVolumeClaim", "claimName"] == "serin-state")
    }
  }

  /// The pod has no privilege, and can write nothing but its own volumes.
  @Test(.temporaryFolder, arguments: [("namespace", "models"), ("cluster", "serin")])
  func thePodHasNoPrivilege(overlay: String, namespace: String) async throws {
    try await Installation.installing("overlays/\(overlay)", into: namespace) { server, _, _ in
      let pod = try #require(Installation.pod(server, namespace))
      #expect(pod[path: "securityContext", "runAsNonRoot"] == true)
      #expect(pod[path: "securityContext", "seccompProfile", "type"] == "RuntimeDefault")
      #expect(["hostNetwork", "hostPID", "hostIPC"].allSatisfy { pod[$0] == nil })
      for container in pod["containers"]?.items ?? [] {
        let context = container["securityContext"]
        #expect(context?["readOnlyRootFilesystem"] == true)
        #expect(context?["allowPrivilegeEscalation"] == false)
        #expect(context?[path: "capabilities", "drop"] == ["ALL"])
        #expect(container[path: "resources", "limits", "memory"] != nil)
        #expect(container[path: "resources", "requests", "cpu"] != nil)
      }
      let volumes = pod["volumes"]?.items ?? []
      #expect(volumes.allSatisfy { $0["hostPath"] == nil })
    }
  }

  /// The Controller file is one that `serin run` takes, and what it names is there in the pod.
  @Test(.temporaryFolder, arguments: [("namespace", "models"), ("cluster", "serin")])
  func theControllerFileFitsThePod(overlay: String, namespace: String) async throws {
    try await Installation.installing("overlays/\(overlay)", into: namespace) { server, _, _ in
      let pod = try #require(Installation.pod(server, namespace))
      let container = try #require(pod["containers"]?.items.first)
      let text = try #require(Self.controllerFile(server, namespace, pod))
      let file = decodeController(Array(text.utf8), path: "controller.yaml")
      #expect(file.diagnostics.isEmpty, "\(file.rendering)")
      let controller = try #require(file.configuration)
      let ports = container["ports"]?.items.compactMap { $0["containerPort"]?.integer }
      let mounts = container["volumeMounts"]?.items ?? []
      for path in Self.files(of: controller) {
        #expect(mounts.contains { Self.holds($0, path) && $0["readOnly"] == true }, "\(path)")
      }
      // The mount itself is root's, and a state folder has to be the controller's own.
      let state = mounts.first { Self.holds($0, controller.state) }
      #expect(state?["readOnly"] == nil && state?["name"] == "state")
      guard case .kubernetes(let runtime)? = controller.runtimes.first?.place else {
        Issue.record("there is no runtime in a cluster")
        return
      }
      #expect(
        ports
          == [controller.console?.listen.port, runtime.payloads?.listen.port].compactMap(\.self))
      #expect(try Self.isServed(runtime.payloads, by: server, in: namespace))
      #expect(runtime.image == container["image"]?.string)
      #expect(runtime.namespace == (overlay == "cluster" ? nil : namespace))
    }
  }

  /// The objects of the examples are taken, and their Controller file has no fault.
  @Test(.temporaryFolder) func theExamplesAreTaken() async throws {
    let folder = Installation.root.appending(path: "examples/kubernetes")
    let home = TemporaryFolder.current.path
    try await ClusterServer.run(types: Catalog.all + Catalog.installation) { server in
      let url = server.url
      let answer = try await elsewhere {
        try Installation.kubectl(
          "--server", url, "--cache-dir", home + "/cache", "apply", "--server-side",
          "--validate=false", "-f", folder.path + "/namespace.yaml", "-f",
          folder.path + "/gateway.yaml", home: home)
      }
      #expect(answer.split(separator: "\n").count == 4, "\(answer)")
    }
    let bytes = Array(try Data(contentsOf: folder.appending(path: "controller.yaml")))
    let file = decodeController(bytes, path: "controller.yaml")
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
  }

  /// Whether the address that servers are told is that of the Service, and the Service's port is the listener's.
  private static func isServed(
    _ payloads: PayloadSettings?, by server: ClusterServer, in namespace: String
  ) throws -> Bool {
    let payloads = try #require(payloads)
    let ports = server.object(.services, namespace, "serin")?[path: "spec", "ports"]?.items ?? []
    let port = try #require(ports.first { $0["targetPort"] == "payloads" }?["port"]?.integer)
    return payloads.url == "http://serin.\(namespace):\(port)"
  }

  private static func controllerFile(
    _ server: ClusterServer, _ namespace: String, _ pod: JSONValue
  ) -> String? {
    let volume = pod["volumes"]?.items.first { $0["configMap"] != nil }
    let name = volume?[path: "configMap", "name"]?.string ?? ""
    return server.object(.configMaps, namespace, name)?[path: "data", "controller.yaml"]?.string
  }

  private static func files(of controller: ControllerConfiguration) -> [String] {
    let remotes = [controller.source.repository, controller.ledger.repository].map(\.authentication)
    return
      (remotes.flatMap { [$0.tokenFile, $0.passwordFile, $0.sshKeyFile, $0.sshKnownHostsFile] }
      + [controller.ledger.signingKeyFile, controller.console?.webhookSecretFile])
      .compactMap(\.self)
  }

  private static func holds(_ mount: JSONValue, _ path: String) -> Bool {
    mount["mountPath"]?.string.map { path.hasPrefix($0 + "/") } ?? false
  }
}
