import ClusterKit
import Encoding
import Foundation
import TestKit

/// What operators install, as it lies in the repository.
enum Installation {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL
  static let kubernetes = root.appending(path: "manifests/kubernetes")

  static func isInstalled(_ program: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\(program)")
  }

  /// Runs kubectl with nothing of the user's: no file of theirs, no proxy.
  static func kubectl(_ arguments: String..., home: String) throws -> String {
    try shell(
      ["kubectl"] + arguments,
      environment: ["HOME": home, "KUBECONFIG": "/dev/null", "NO_PROXY": "*"])
  }

  /// Writes an overlay of the whole cluster with some components, and returns its folder.
  static func overlay(with components: [String]) throws -> String {
    let folder = TemporaryFolder.current
    // kustomize takes relative paths alone.
    let root = String(repeating: "../", count: folder.pathComponents.count) + "."
    let kubernetes = root + kubernetes.path
    let lines = components.map { "  - \(kubernetes)/components/\($0)\n" }.joined()
    let text = "resources: [\(kubernetes)/overlays/cluster]\ncomponents:\n\(lines)"
    try Data(text.utf8).write(to: folder.appending(path: "kustomization.yaml"))
    return folder.path
  }

  /// Installs a folder on a server that knows every type that Serin installs, and tells its answers.
  static func installing(
    _ folder: String, into namespace: String,
    _ body: (_ server: ClusterServer, _ rendered: Int, _ answers: [String]) throws -> Void
  ) async throws {
    let home = TemporaryFolder.current.path
    let types = Catalog.all + Catalog.installation
    try await ClusterServer.run(types: types, namespaces: ["default", namespace]) { server in
      let url = server.url
      let path = folder.hasPrefix("/") ? folder : kubernetes.appending(path: folder).path
      let (text, answer) = try await elsewhere {
        let file = home + "/rendered.yaml"
        let text = try kubectl("kustomize", path, home: home)
        try Data(text.utf8).write(to: URL(filePath: file))
        let answer = try kubectl(
          "--server", url, "--namespace", namespace, "--cache-dir", home + "/cache", "apply",
          "--server-side", "--validate=false", "-f", file, home: home)
        return (text, answer)
      }
      let objects = text.split(separator: "\n").count { $0.hasPrefix("kind: ") }
      try body(server, objects, answer.split(separator: "\n").map(String.init))
    }
  }

  /// What the controller's pods are made of.
  static func pod(_ server: ClusterServer, _ namespace: String) -> JSONValue? {
    server.object(.deployments, namespace, "serin")?[path: "spec", "template", "spec"]
  }
}
