import Foundation
import HTTP
import TestKit
import Testing

@testable import Kubernetes

/// As whom a cluster is asked, and by which file.
@Suite struct AccessTests {
  private static let file = """
    apiVersion: v1
    kind: Config
    current-context: here
    preferences: {}
    clusters:
    - name: home
      cluster: {server: "https://10.0.0.1:6443/", certificate-authority-data: Y2VydA==}
    - name: loose
      cluster: {server: "https://10.0.0.2", insecure-skip-tls-verify: true}
    - name: plain
      cluster: {server: "http://10.0.0.3"}
    - name: broken
      cluster: {server: "https://10.0.0.2", certificate-authority-data: "?"}
    contexts:
    - name: here
      context: {cluster: home, user: ada, namespace: models}
    - name: files
      context: {cluster: home, user: file}
    - name: plugin
      context: {cluster: home, user: plugin}
    - name: half
      context: {cluster: home, user: half}
    - name: loose
      context: {cluster: loose, user: ada}
    - name: broken
      context: {cluster: broken, user: ada}
    - name: plain
      context: {cluster: plain, user: ada}
    - name: anybody
      context: {cluster: plain, user: "", namespace: ""}
    - name: lost
      context: {cluster: nowhere, user: ada}
    users:
    - name: ada
      user: {token: secret}
    - name: file
      user: {client-certificate: ada.crt, client-key: /keys/ada.key}
    - name: plugin
      user:
        exec: {command: aws}
    - name: half
      user: {client-certificate: ada.crt}
    """

  /// A context names a cluster, a user and a namespace; files are meant from the kubeconfig.
  @Test func contextsAreRead() throws {
    let config = try Kubeconfig(Array(Self.file.utf8), path: "/home/ada/.kube/config")
    let here = try config.access()
    #expect(here.server == "https://10.0.0.1:6443" && here.namespace == "models")
    #expect(here.authority == .bytes(Array("cert".utf8)))
    guard case .token(.bytes(let token)) = here.credentials else {
      Issue.record("no token")
      return
    }
    #expect(token == Array("secret".utf8))
    guard
      case .certificate(let certificate, let key) = try config.access(context: "files").credentials
    else {
      Issue.record("no certificate")
      return
    }
    let anybody = try config.access(context: "anybody")
    #expect(anybody.server == "http://10.0.0.3" && anybody.namespace == "default")
    #expect(certificate == .file("/home/ada/.kube/ada.crt") && key == .file("/keys/ada.key"))
  }

  /// What cannot be done is refused with its place, and says what to do instead.
  @Test(
    arguments: [
      ("plugin", "config:40:11: exec is not supported", "plugins are not run: "),
      ("half", "config:42:9: client-certificate and client-key are needed together", nil),
      (
        "loose", "config:9:67: insecure-skip-tls-verify is not supported",
        "give certificate-authority"
      ),
      ("broken", "config:13:69: certificate-authority-data is no base64", nil),
      ("plain", "config:11:21: credentials are not sent to http://10.0.0.3", "give an address"),
      ("lost", "config:6:1: clusters has no \"nowhere\"", nil),
      ("absent", "config:15:1: contexts has no \"absent\"", nil),
    ] as [(String, String, String?)])
  func whatCannotBeDoneIsRefused(context: String, words: String, hint: String?) throws {
    let config = try Kubeconfig(Array(Self.file.utf8), path: "config")
    let error = #expect(throws: AccessError.self) { try config.access(context: context) }
    #expect(error?.description == words)
    #expect(hint.map { error?.hint?.hasPrefix($0) == true } ?? true)
  }

  @Test(arguments: ["", "a: [", "current-context: x\n---\na: b", "- 1"])
  func whatIsNoKubeconfigIsRefused(text: String) {
    #expect(throws: AccessError.self) {
      try Kubeconfig(Array(text.utf8), path: "config").access()
    }
  }

  /// A pod finds its account; without a token it says what is missing, and elsewhere there is none.
  @Test(.temporaryFolder) func podsFindTheirAccount() throws {
    let folder = TemporaryFolder.current
    let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
    let error = #expect(throws: AccessError.self) {
      try ClusterAccess.ofPod(environment: environment, folder: folder.path)
    }
    #expect(error?.hint == "set automountServiceAccountToken: true")
    for (name, text) in [("token", "t"), ("namespace", "serin"), ("ca.crt", "cert")] {
      try Data((text + "\n").utf8).write(to: folder.appending(path: name))
    }
    let access = try #require(
      try ClusterAccess.ofPod(environment: environment, folder: folder.path))
    #expect(access.server == "https://[fd00::1]:443" && access.namespace == "serin")
    #expect(try ClusterAccess.ofPod(environment: [:], folder: folder.path) == nil)
  }

  /// A server that asks for a certificate gets the client's, from memory; with another authority it is not believed.
  @Test(.temporaryFolder, .timeLimit(.minutes(1))) func certificatesAreShown() async throws {
    let folder = TemporaryFolder.current
    let certificates = try Certificates(in: folder)
    let port = try freePort()
    let nginx = try await Nginx(
      servers: """
          server {
            listen 127.0.0.1:\(port) ssl;
            ssl_certificate \(certificates.certificate.path);
            ssl_certificate_key \(certificates.key.path);
            ssl_client_certificate \(certificates.authority.path);
            ssl_verify_client on;
            location / { return 200 '{"metadata": {"name": "$ssl_client_verify"}}'; }
          }
        """, waitingFor: port, in: folder)
    func read(_ url: URL) throws -> ClusterAccess.Material {
      .bytes(Array(try Data(contentsOf: url)))
    }
    let identity = ClusterAccess.Credentials.certificate(
      try read(certificates.certificate), key: try read(certificates.key))
    let server = "https://127.0.0.1:\(port)"
    let trusted = ClusterAccess(
      server: server, authority: try read(certificates.authority), credentials: identity)
    let name = ObjectName("demo", "iris")
    let answer = try await KubernetesClient(trusted).get(.services, name, as: Thing.self)
    #expect(answer.metadata.name == "SUCCESS")
    for wrong in [
      ClusterAccess(server: server, credentials: identity),
      ClusterAccess(server: server, authority: try read(certificates.authority)),
    ] {
      let client = KubernetesClient(wrong, retries: RetryPolicy(waits: []))
      await #expect(throws: KubernetesError.self) {
        try await client.get(.services, name, as: Thing.self)
      }
    }
    withExtendedLifetime(nginx) {}
  }
}
