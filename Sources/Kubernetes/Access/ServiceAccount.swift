import Foundation

extension ClusterAccess {
  /// Where the kubelet puts what a pod may know of its account.
  package static let accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// Returns the access of the pod in which this process runs; nil outside of a cluster.
  ///
  /// - Throws: `AccessError` when the pod has no account's files.
  package static func ofPod(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    folder: String = accountFolder
  ) throws(AccessError) -> ClusterAccess? {
    guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
      let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
    else { return nil }
    let token = Material.file(folder + "/token")
    do {
      _ = try token.read()
    } catch {
      throw AccessError(
        folder, "the pod has no token", hint: "set automountServiceAccountToken: true")
    }
    let namespace = try? Material.file(folder + "/namespace").read()
    let name = namespace.map { String(decoding: $0, as: UTF8.self) }
    return ClusterAccess(
      server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
      namespace: name?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "default",
      authority: .file(folder + "/ca.crt"), credentials: .token(token))
  }
}
