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
}
