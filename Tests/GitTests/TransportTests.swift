import Control
import Foundation
import Git
import TestKit
import Testing

/// Fetching over https and ssh from real servers, and everything that can be wrong with one.
@Suite struct TransportTests {
  private var folder: URL { TemporaryFolder.current }

  private func source(_ remote: GitRemote, name: String = "clone") throws -> GitSource {
    try GitSource(remote: remote, repository: folder.appending(path: name).path)
  }

  private func failure(_ remote: GitRemote, name: String = "failing") async throws -> GitError? {
    let source = try source(remote, name: name)
    return await #expect(throws: GitError.self) { _ = try await source.fetch() }
  }

  // MARK: https

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func httpsWithAPasswordAndACAOfItsOwn() async throws {
    let upstream = try Upstream(in: folder)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let source = try source(server.remote())
    #expect(try await source.fetch() == nil)
    let commit = try upstream.commit(["a.yaml": String(repeating: "a", count: 300_000)])
    #expect(try await source.fetch()?.commit == commit)
    #expect(try await source.entries(at: commit).map(\.size) == [300_000])
    let next = try upstream.commit(["a.yaml": "b"])
    #expect(try await source.fetch()?.commit == next)
    let token = try GitRemote(
      "https://127.0.0.1:\(server.port)/token/models.git", auth: .bearer(Secret("t0ken")),
      caFile: server.authority)
    #expect(try await self.source(token, name: "second").fetch()?.commit == next)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func httpsFailuresSayWhatToDo() async throws {
    try Upstream(in: folder).commit(["a.yaml": "a"])
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let cases: [(remote: GitRemote, kind: GitError.Kind, words: String)] = [
      (try server.remote(password: "hunter2"), .authentication, "does not accept the credentials"),
      (
        try GitRemote("https://127.0.0.1:\(server.port)/models.git", caFile: server.authority),
        .authentication, "or there are none"
      ),
      (try server.remote(trusting: false), .certificate, "certificate"),
      (try server.remote("/none.git"), .notFound, "no such repository"),
      (try server.remote("/page"), .notFound, "not as a git repository"),
      (try server.remote("/moved"), .invalid, "redirects to https://other.example.org"),
      (try server.remote("/broken"), .connection, "HTTP 503"),
    ]
    for (remote, kind, words) in cases {
      let error = try await failure(remote)
      #expect(error?.kind == kind, "\(remote): \(String(describing: error))")
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
      #expect(error?.operation == "fetch \(remote)")
      #expect(error?.description.contains("hunter2") == false)
    }
  }

  @Test(.timeLimit(.minutes(5)), .temporaryFolder)
  func refusedConnectionsAreNamed() async throws {
    let port = try freePort()
    let web = try await failure(GitRemote("https://ada:hunter2@127.0.0.1:\(port)/a.git"))
    #expect(web?.kind == .connection)
    #expect(web?.description.contains("hunter2") == false)
    let shell = try await failure(GitRemote("ssh://git@127.0.0.1:\(port)/a.git"))
    #expect(shell?.kind == .connection)
    #expect(shell?.message.contains("Connection refused") == true)
  }

  // MARK: ssh

  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: ["ed25519", "ecdsa"])
  func sshWithAKeyAndAKnownHost(hostKey: String) async throws {
    let upstream = try Upstream(in: folder)
    let server = try await SSHServer(in: folder)
    let remote = try server.remote(upstream.folder.path, knowing: server.line(hostKey))
    let source = try source(remote)
    #expect(try await source.fetch() == nil)
    let commit = try upstream.commit(["a.yaml": "a"])
    #expect(try await source.fetch()?.commit == commit)
    #expect(try await source.entries(at: commit).count == 1)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func sshHostKeysAreChecked() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a.yaml": "a"])
    let server = try await SSHServer(in: folder)
    let stranger = folder.appending(path: "host_stranger")
    try SSHServer.generate(stranger, type: "ed25519")
    let line = try server.line("ed25519")
    let cases: [(hosts: String, words: String)] = [
      ("", "is not known; if it is right, add this line to the known hosts: [127.0.0.1]"),
      (try server.line("stranger"), "is not the known one"),
      ("@revoked \(line)\(line)", "is revoked"),
    ]
    for (hosts, words) in cases {
      let error = try await failure(server.remote(upstream.folder.path, knowing: hosts))
      #expect(error?.kind == .unknownHost)
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
      #expect(error?.message.contains("SHA256:") == true)
    }
    // What the error says to add works when it is added.
    let error = try await failure(server.remote(upstream.folder.path, knowing: ""))
    let advice = try #require(error?.message.split(separator: "known hosts: ").last)
    let remote = try server.remote(upstream.folder.path, knowing: String(advice))
    #expect(try await source(remote).fetch() != nil)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func sshKeysThatAreNotAuthorisedAreRefused() async throws {
    let upstream = try Upstream(in: folder)
    let server = try await SSHServer(in: folder)
    let file = folder.appending(path: "stranger")
    try SSHServer.generate(file, type: "ed25519")
    let key = Secret(try String(contentsOf: file, encoding: .utf8))
    let remote = try server.remote(
      upstream.folder.path, knowing: server.line("ed25519"),
      auth: .sshKey(user: nil, privateKey: key, passphrase: nil))
    let error = try await failure(remote)
    #expect(error?.kind == .authentication, "\(String(describing: error))")
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func sshKeysMayBeEncrypted() async throws {
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit(["a.yaml": "a"])
    let server = try await SSHServer(in: folder)
    let file = folder.appending(path: "id_ed25519")
    try shell(["ssh-keygen", "-q", "-p", "-N", "hunter2", "-f", file.path])
    let key = Secret(try String(contentsOf: file, encoding: .utf8))
    func remote(_ passphrase: String) throws -> GitRemote {
      try server.remote(
        upstream.folder.path, knowing: server.line("ed25519"),
        auth: .sshKey(user: nil, privateKey: key, passphrase: Secret(passphrase)))
    }
    #expect(try await source(remote("hunter2")).fetch()?.commit == commit)
    let error = try await failure(remote("hunter3"))
    #expect(error?.description.contains("hunter") == false)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func sshRepositoriesThatDoNotExistAreNamed() async throws {
    let server = try await SSHServer(in: folder)
    let remote = try server.remote("/nonexistent/a.git", knowing: server.line("ed25519"))
    let error = try await failure(remote)
    #expect(
      error?.message.contains("does not appear to be a git repository") == true,
      "\(String(describing: error))")
  }

  // MARK: Time

  /// Accepts, and never answers: each transport gives up when the time is over, and not before.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: ["https", "ssh", "http"])
  func silentServersAreLeftInTime(scheme: String) async throws {
    let server = try SilentServer()
    let remote = try GitRemote(
      "\(scheme)://127.0.0.1:\(server.port)/models.git", timeout: .seconds(1))
    let start = ContinuousClock.now
    let error = try await failure(remote)
    let elapsed = ContinuousClock.now - start
    #expect(error?.kind == .timeout, "\(String(describing: error))")
    #expect(elapsed > .milliseconds(950))
    #expect(elapsed < .seconds(30))
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func readingGoesOnWhileAFetchHangs() async throws {
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit(["a.yaml": "a"])
    _ = try await source(GitRemote(upstream.folder.path)).fetch()
    let server = try SilentServer()
    let source = try source(
      GitRemote("https://127.0.0.1:\(server.port)/models.git", timeout: .seconds(50)))
    let fetch = Task { try await source.fetch() }
    try await Task.sleep(for: .milliseconds(100))
    for _ in 0..<20 {
      let entries = try await source.entries(at: commit)
      #expect(try await source.read(entries[0].blob) == Array("a".utf8))
    }
    // Had any of it waited for the fetch, the fetch would have ended with its timeout.
    server.stop()
    let error = await #expect(throws: GitError.self) { _ = try await fetch.value }
    #expect(error?.kind == .connection, "\(String(describing: error))")
  }
}

/// Alone with its variable of the process: libssh2 finds the agent by `SSH_AUTH_SOCK`.
@Suite(.serialized) struct AgentTests {
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func sshWithAnAgent() async throws {
    let folder = TemporaryFolder.current
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit(["a.yaml": "a"])
    let server = try await SSHServer(in: folder)
    let socket = folder.appending(path: "agent.sock").path
    let agent = try BackgroundProcess(
      ["ssh-agent", "-D", "-a", socket], output: folder.appending(path: "agent.out"))
    defer { agent.stop() }
    // The socket is there a moment before anybody listens on it.
    let key = folder.appending(path: "id_ed25519").path
    try await eventually {
      (try? shell(["ssh-add", "-q", key], environment: ["SSH_AUTH_SOCK": socket])) != nil
    }
    setenv("SSH_AUTH_SOCK", socket, 1)
    defer { unsetenv("SSH_AUTH_SOCK") }
    let remote = try server.remote(
      upstream.folder.path, knowing: server.line("ed25519"), auth: .sshAgent(user: nil))
    let source = try GitSource(remote: remote, repository: folder.appending(path: "clone").path)
    #expect(try await source.fetch()?.commit == commit)
  }
}
