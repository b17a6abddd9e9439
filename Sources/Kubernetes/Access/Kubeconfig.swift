import Foundation
import Manifests

/// A file of kubectl's: clusters, users, and contexts that name one of each.
///
/// What Serin does not do for a user is refused by name: a controller that runs on without somebody's plugin would
/// ask as somebody else.
package struct Kubeconfig {
  private let root: Node
  private let path: String

  /// Reads the file.
  package init(_ path: String) throws(AccessError) {
    try self.init(ClusterAccess.Material.file(path).read(), path: path)
  }

  init(_ bytes: [UInt8], path: String) throws(AccessError) {
    let findings = Findings(path: path)
    let documents = Documents(bytes, findings: findings)
    if let problem = findings.diagnostics.first {
      throw AccessError("\(path):\(problem.line):\(problem.column)", problem.message)
    }
    guard documents.roots.count == 1, let root = documents.roots.first else {
      throw AccessError(path, "it is no kubeconfig: one YAML document is expected")
    }
    self.root = root
    self.path = path
  }

  /// Returns the access that a context gives; the current one unless another is named.
  package func access(context name: String? = nil) throws(AccessError) -> ClusterAccess {
    guard let name = name ?? root["current-context"]?.text, !name.isEmpty else {
      throw failure(root, "it has no current-context", hint: "name one with context:")
    }
    let context = try entry("contexts", name, "context")
    let cluster = try entry("clusters", text(context, "cluster"), "cluster")
    let user = try context["user"].flatMap { $0.text?.isEmpty == true ? nil : $0 }.map {
      _ throws(AccessError) in
      try entry("users", text(context, "user"), "user")
    }
    try refuse(cluster, Self.refusedOfClusters)
    let authority = try material(cluster, "certificate-authority")
    let server = try text(cluster, "server")
    guard user == nil || server.hasPrefix("https://") else {
      throw failure(
        cluster["server"] ?? cluster, "credentials are not sent to \(server)",
        hint: "give an address that begins with https://")
    }
    let namespace = context["namespace"]?.text ?? ""
    return ClusterAccess(
      server: server, namespace: namespace.isEmpty ? "default" : namespace,
      authority: authority, credentials: try user.map(credentials) ?? .none,
      proxy: cluster["proxy-url"]?.text)
  }

  private static let refusedOfClusters = [
    ("insecure-skip-tls-verify", "give certificate-authority instead"),
    ("tls-server-name", "give a server whose name is in its certificate"),
  ]
  private static let refusedOfUsers = [
    ("exec", "plugins are not run: give a token, tokenFile or client-certificate"),
    ("auth-provider", "it left Kubernetes in 1.26: give a token, tokenFile or client-certificate"),
    ("username", "it left Kubernetes in 1.19: give a token, tokenFile or client-certificate"),
    ("as", "give the account itself"),
  ]

  private func credentials(_ user: Node) throws(AccessError) -> ClusterAccess.Credentials {
    try refuse(user, Self.refusedOfUsers)
    if let file = user["tokenFile"]?.text { return .token(.file(absolute(file))) }
    if let token = user["token"]?.text { return .token(.bytes(Array(token.utf8))) }
    let certificate = try material(user, "client-certificate")
    let key = try material(user, "client-key")
    switch (certificate, key) {
    case (let certificate?, let key?): return .certificate(certificate, key: key)
    case (nil, nil): return .none
    default: throw failure(user, "client-certificate and client-key are needed together")
    }
  }

  /// Bytes in the file itself, in base64, or the name of another one.
  private func material(
    _ node: Node, _ key: String
  ) throws(AccessError) -> ClusterAccess.Material? {
    if let data = node[key + "-data"] {
      guard
        let bytes = data.text.flatMap({ Data(base64Encoded: $0, options: .ignoreUnknownCharacters) }
        ), !bytes.isEmpty
      else {
        throw failure(data, "\(key)-data is no base64")
      }
      return .bytes(Array(bytes))
    }
    return node[key]?.text.map { .file(absolute($0)) }
  }

  /// Names of files are meant from the file that has them.
  private func absolute(_ file: String) -> String {
    file.hasPrefix("/")
      ? file : URL(filePath: path).deletingLastPathComponent().appending(path: file).path
  }

  private func refuse(_ node: Node, _ keys: [(String, String)]) throws(AccessError) {
    for (key, hint) in keys {
      guard let value = node[key], value.text != "false" else { continue }
      throw failure(value, "\(key) is not supported", hint: hint)
    }
  }

  private func entry(
    _ list: String, _ name: String, _ key: String
  ) throws(AccessError) -> Node {
    guard case .sequence(let items) = root[list]?.content,
      let item = items.first(where: { $0["name"]?.text == name }), let value = item[key]
    else { throw failure(root[list] ?? root, "\(list) has no \"\(name)\"") }
    return value
  }

  private func text(_ node: Node, _ key: String) throws(AccessError) -> String {
    guard let text = node[key]?.text else { throw failure(node, "\(key) is missing") }
    return text
  }

  private func failure(_ node: Node, _ message: String, hint: String? = nil) -> AccessError {
    AccessError("\(path):\(node.position.line):\(node.position.column)", message, hint: hint)
  }
}
