import Foundation

/// Makes libgit2 ask an ssh server for a host key of the type that is known.
///
/// A server has several keys and libssh2 asks for one of them. libgit2 1.5 chooses the type only by
/// `.ssh/known_hosts` in the home directory that it saw when it was initialised, so it is shown a
/// home of ours; what is written there decides nothing else, since the key itself is checked by
/// `KnownHosts`. The user's own file would do harm: for an `ssh-rsa` line libgit2 insists on a
/// signature that today's servers refuse.
enum HostKeyPreference {
  /// Types that libssh2 can check, best first.
  static let types = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
  ]

  private static let home = FileManager.default.temporaryDirectory
    .appending(path: "serin-ssh-\(UUID().uuidString)")

  private static let lines = Lock<[String: String]>([:])

  /// Runs the initialisation of libgit2, which reads `HOME`, with ours.
  static func asHome<Result>(_ body: () -> Result) -> Result {
    let before = getenv("HOME").map { String(cString: $0) }
    setenv("HOME", home.path, 1)
    defer {
      if let before { setenv("HOME", before, 1) } else { unsetenv("HOME") }
    }
    return body()
  }

  /// Prefers the best type of the keys known for a host.
  static func prefer(_ keys: [KnownHosts.Key], of host: HostName) throws(GitError) {
    let best = types.lazy.compactMap { type in keys.first { $0.type == type } }.first
    // libssh2 looks for this form whatever the port is.
    let line = best.map { "[\(host.name)]:\(host.port) \($0.type) \($0.base64)\n" }
    let error = lines.withLock { lines -> (any Error)? in
      guard lines[host.description] != line else { return nil }
      lines[host.description] = line
      return Result { try write(lines.values.sorted().joined()) }.failure
    }
    guard let error else { return }
    throw GitError(.other(-1), "prepare ssh to \(host)", "\(error)")
  }

  private static func write(_ text: String) throws {
    let folder = home.appending(path: ".ssh")
    if !FileManager.default.fileExists(atPath: folder.path) {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      atexit { try? FileManager.default.removeItem(at: HostKeyPreference.home) }
    }
    try Data(text.utf8).write(to: folder.appending(path: "known_hosts"), options: .atomic)
  }
}

extension Result {
  fileprivate var failure: Failure? {
    guard case .failure(let error) = self else { return nil }
    return error
  }
}
