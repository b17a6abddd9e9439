import Foundation
import Testing

@testable import serin

/// What is installed names the version that is built.
@Suite struct VersionTests {
  @Test(arguments: [
    "Containerfile", "examples/kubernetes/controller.yaml",
    "manifests/kubernetes/base/deployment.yaml",
    "manifests/kubernetes/overlays/cluster/controller.yaml",
    "manifests/kubernetes/overlays/cluster/kustomization.yaml",
    "manifests/kubernetes/overlays/namespace/controller.yaml",
    "manifests/kubernetes/overlays/namespace/kustomization.yaml", "docs/kubernetes.md",
    "docs/operating.md",
  ])
  func filesNameThisVersion(path: String) throws {
    let text = try String(contentsOf: Installation.root.appending(path: path), encoding: .utf8)
    let named = text.matches(of: /(?:serin[:_]|newTag: )(\d+\.\d+\.\d+)/).map { $0.output.1 }
    #expect(!named.isEmpty)
    #expect(named.allSatisfy { $0 == Version.current }, "\(named)")
  }
}
