import Foundation
import Git
import Ledger
import TestKit
import Testing

/// Everything that is decided before a server is asked.
@Suite struct GitRemoteTests {
  @Test(
    arguments: zip(
      [
        "https://example.org/a/b.git", "https://ada:pw@Example.org:443/a/b/", "git@example.org:a/b",
        "ssh://git@example.org/a/b.git", "ssh://git@example.org:22/~/a/b.git",
        "example.org:/A/b.git",
        "https://example.org:8443/a/b.git", "ssh://git@example.org:2222/a/b", "file:///srv//a/.git",
        "/srv/a/../a",
      ],
      [
        "example.org/a/b", "example.org/a/b", "example.org/a/b", "example.org/a/b",
        "example.org/a/b",
        "example.org/a/b", "example.org:8443/a/b", "example.org:2222/a/b", "file:/srv/a",
        "file:/srv/a",
      ]))
  func oneRepositoryHasOneNormalForm(address: String, normalised: String) throws {
    #expect(try GitRemote(address).normalised == normalised)
  }

  @Test(
    arguments: zip(
      [
        "https://ada:hunter2@example.org/a.git", "ssh://ada@example.org:2222/a",
        "ada@example.org:a",
        "/srv/a b", "http://127.0.0.1:8080/a", "https://[::1]:8443/a%20b",
      ],
      [
        "https://example.org/a.git", "ssh://example.org:2222/a", "example.org:a",
        "file:///srv/a%20b", "http://127.0.0.1:8080/a", "https://[::1]:8443/a%20b",
      ]))
  func descriptionsHaveNoUser(address: String, description: String) throws {
    #expect(try GitRemote(address).description == description)
  }

  @Test(
    arguments: zip(
      [
        "", "http://example.org/a", "http://127.example.org/a", "git://example.org/a",
        "ftp://example.org/a", "https://",
        "https://example.org", "ssh://example.org/a'b", "ssh://ada:hunter2@example.org/a",
        "-oProxyCommand=x:a", "file://host/a", "ext::sh -c date", "https://example.org/a%0Ab",
      ],
      [
        "names no repository", "only for this machine", "only for this machine",
        "must be https, ssh or file",
        "must be https, ssh or file", "host is missing", "path is missing", "quotes",
        "passwords are not supported", "host is missing", "a path of this machine", "helpers",
        "control characters",
      ]))
  func addressesThatCannotWorkAreRefused(address: String, reason: String) {
    let error = #expect(throws: GitError.self) { _ = try GitRemote(address) }
    #expect(error?.kind == .invalid)
    #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func credentialsMustFitTheScheme() {
    let password = GitRemote.Auth.basic(username: "ada", password: Secret("hunter2"))
    for (address, auth) in [
      ("ssh://example.org/a", password), ("/srv/a", password), ("/srv/a", .bearer(Secret("x"))),
      ("https://example.org/a", .sshAgent(user: nil)),
    ] {
      let error = #expect(throws: GitError.self) { _ = try GitRemote(address, auth: auth) }
      #expect(error?.kind == .invalid)
    }
  }

  @Test func secretsShowNowhere() throws {
    let remote = try GitRemote("https://ada:hunter2@example.org/a.git")
    var dumped = ""
    dump(remote, to: &dumped)
    for text in ["\(remote)", String(reflecting: remote), dumped, "\([remote.auth])"] {
      #expect(!text.contains("hunter2"), "\(text)")
    }
    #expect(remote.auth == .basic(username: "ada", password: Secret("hunter2")))
    #expect("\(Secret("hunter2"))" == "***")
  }

  @Test(
    .temporaryFolder,
    arguments: [
      ("rsa", "", nil, "RSA keys cannot be used"), ("ed25519", "pass", nil, "no passphrase"),
      ("ed25519", "pass", "pass", nil), ("ed25519", "", nil, nil), ("ecdsa", "", nil, nil),
    ])
  func keysAreCheckedBeforeConnecting(
    type: String, passphrase: String, given: String?, problem: String?
  ) throws {
    let file = TemporaryFolder.current.appending(path: "key")
    try SSHServer.generate(file, type: type, passphrase: passphrase)
    let pem = try String(contentsOf: file, encoding: .utf8)
    #expect(
      try Self.problem(with: pem, passphrase: given)?.contains(problem ?? "")
        == (problem.map { _ in true }))
  }

  @Test(
    .temporaryFolder,
    arguments: [
      (["genrsa", "-traditional", "1024"], "RSA keys cannot be used"),
      (["genrsa", "1024"], "RSA keys cannot be used"),
      (["ecparam", "-genkey", "-noout", "-name", "prime256v1"], nil),
      (["genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x"], "no passphrase"),
    ])
  func otherKeyFormatsAreChecked(command: [String], problem: String?) throws {
    let file = TemporaryFolder.current.appending(path: "key")
    let out = command[0].hasPrefix("genrsa") ? [command[0], "-out", file.path] : command
    let rest = command[0].hasPrefix("genrsa") ? Array(command.dropFirst()) : ["-out", file.path]
    try shell(["openssl"] + out + rest)
    let pem = try String(contentsOf: file, encoding: .utf8)
    let found = try Self.problem(with: pem, passphrase: nil)
    #expect(found?.contains(problem ?? "") == (problem.map { _ in true }))
  }

  @Test(arguments: ["", "ssh-ed25519 AAAA", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
  func whatIsNoKeyIsNamedSo(text: String) throws {
    #expect(try Self.problem(with: text, passphrase: nil)?.contains("this is not") == true)
  }

  private static func problem(with pem: String, passphrase: String?) throws -> String? {
    let auth = GitRemote.Auth.sshKey(
      user: nil, privateKey: Secret(pem), passphrase: passphrase.map { Secret($0) })
    do {
      _ = try GitRemote("ssh://git@127.0.0.1/a", auth: auth)
      return nil
    } catch {
      return error.message
    }
  }
}

/// The reading of known_hosts, against what ssh-keygen writes and says.
@Suite struct KnownHostsTests {
  private static let key = "AAAAC3NzaC1lZDI1NTE5AAAAIJNy8dbR8Qnm2Fk8Qh0Kt0r0wFz0b2M5yq0v2h2m8W4u"
  private static let other = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

  @Test(arguments: [
    ("example.org ssh-ed25519 KEY", KnownHosts.Verdict.known),
    ("EXAMPLE.org ssh-ed25519 KEY a comment", .known),
    ("10.0.0.1,example.org ssh-ed25519 KEY", .known),
    ("*.org ssh-ed25519 KEY", .known),
    ("exampl?.org ssh-ed25519 KEY", .known),
    ("*.org,!example.org ssh-ed25519 KEY", .unknown),
    ("other.org ssh-ed25519 KEY", .unknown),
    ("[example.org]:2222 ssh-ed25519 KEY", .unknown),
    ("example.org ssh-ed25519 OTHER", .changed),
    ("example.org ecdsa-sha2-nistp256 OTHER", .unknown),
    ("@revoked * ssh-ed25519 KEY\nexample.org ssh-ed25519 KEY", .revoked),
    ("@revoked * ssh-ed25519 OTHER\nexample.org ssh-ed25519 KEY", .known),
    ("@cert-authority *.org ssh-ed25519 KEY", .unknown),
    ("# example.org ssh-ed25519 KEY", .unknown),
    ("", .unknown),
    ("example.org", .unknown),
  ])
  func verdicts(text: String, verdict: KnownHosts.Verdict) throws {
    let text = text.replacing("KEY", with: Self.key).replacing("OTHER", with: Self.other)
    let key = try #require(Data(base64Encoded: Self.key))
    #expect(KnownHosts(text).verdict(on: key, of: HostName("example.org", port: 22)) == verdict)
  }

  @Test(.temporaryFolder, arguments: [22, 2222])
  func hashedNamesAreRecognised(port: Int) throws {
    let host = HostName("example.org", port: port)
    let file = TemporaryFolder.current.appending(path: "known_hosts")
    try "\(host) ssh-ed25519 \(Self.key)\n".write(to: file, atomically: true, encoding: .utf8)
    try shell(["ssh-keygen", "-q", "-H", "-f", file.path])
    let text = try String(contentsOf: file, encoding: .utf8)
    let key = try #require(Data(base64Encoded: Self.key))
    #expect(text.hasPrefix("|1|"))
    #expect(KnownHosts(text).verdict(on: key, of: host) == .known)
    #expect(KnownHosts(text).verdict(on: key, of: HostName("example.com", port: port)) == .unknown)
  }

  @Test(.temporaryFolder)
  func fingerprintsAreThoseOfSSHKeygen() throws {
    let file = TemporaryFolder.current.appending(path: "key")
    try SSHServer.generate(file, type: "ed25519")
    let line = try String(contentsOf: file.appendingPathExtension("pub"), encoding: .utf8)
    let key = try #require(Data(base64Encoded: String(line.split(separator: " ")[1])))
    let printed = try shell(["ssh-keygen", "-l", "-f", file.path])
    #expect(printed.contains(" \(fingerprint(ofKey: key)) "))
  }
}
