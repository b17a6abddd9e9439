import Foundation
import Git
import TestKit

/// An sshd of a test's own, with host keys of two types and one user key.
final class SSHServer: Sendable {
  let port: Int
  let folder: URL
  /// The user's key that the server accepts, in PEM.
  let key: Secret
  private let process: BackgroundProcess

  init(in folder: URL) async throws {
    self.folder = folder
    // sshd's own condition for starting, whatever its configuration says.
    try FileManager.default.createDirectory(
      atPath: "/run/sshd", withIntermediateDirectories: true)
    for type in ["ed25519", "ecdsa"] {
      try Self.generate(folder.appending(path: "host_\(type)"), type: type)
    }
    let file = folder.appending(path: "id_ed25519")
    try Self.generate(file, type: "ed25519")
    key = Secret(try String(contentsOf: file, encoding: .utf8))
    try FileManager.default.copyItem(
      at: file.appendingPathExtension("pub"), to: folder.appending(path: "authorized_keys"))
    port = try freePort()
    try Self.configuration(port, folder).write(
      to: folder.appending(path: "sshd_config"), atomically: true, encoding: .utf8)
    process = try BackgroundProcess(
      ["/usr/sbin/sshd", "-D", "-e", "-f", folder.appending(path: "sshd_config").path],
      output: folder.appending(path: "sshd.out"))
    let port = port
    try await eventually { isListening(on: port) }
  }

  deinit { process.stop() }

  private static func configuration(_ port: Int, _ folder: URL) -> String {
    """
    ListenAddress 127.0.0.1:\(port)
    HostKey \(folder.path)/host_ed25519
    HostKey \(folder.path)/host_ecdsa
    AuthorizedKeysFile \(folder.path)/authorized_keys
    PidFile \(folder.path)/sshd.pid
    StrictModes no
    UsePAM no
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    PermitRootLogin yes
    """
  }

  static func generate(_ file: URL, type: String, passphrase: String = "") throws {
    try shell(
      ["ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", file.path]
        + (type == "rsa" ? ["-b", "2048"] : []))
  }

  /// A known_hosts line for one of the server's keys.
  func line(_ type: String, host: String? = nil) throws -> String {
    let text = try String(
      contentsOf: folder.appending(path: "host_\(type).pub"), encoding: .utf8)
    return "\(host ?? "[127.0.0.1]:\(port)") \(text)"
  }

  func remote(
    _ path: String, knowing hosts: String, auth: GitRemote.Auth? = nil,
    timeout: Duration = .seconds(20)
  ) throws -> GitRemote {
    try GitRemote(
      "ssh://\(NSUserName())@127.0.0.1:\(port)\(path)",
      auth: auth ?? .sshKey(user: nil, privateKey: key, passphrase: nil),
      knownHosts: .text(hosts), timeout: timeout)
  }
}
