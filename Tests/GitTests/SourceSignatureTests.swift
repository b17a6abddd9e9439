import Control
import Foundation
import Git
import Ledger
import TestKit
import Testing

/// Signed commits as people make them: with git and ssh-keygen.
@Suite struct SourceSignatureTests {
  private var folder: URL { TemporaryFolder.current }

  /// Every type of key gives a good signature, by its fingerprint as ssh-keygen prints it.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      ["-t", "ed25519"], ["-t", "ecdsa", "-b", "256"], ["-t", "ecdsa", "-b", "384"],
      ["-t", "ecdsa", "-b", "521"], ["-t", "rsa", "-b", "2048"], ["-t", "rsa", "-b", "3072"],
    ])
  func everyTypeOfKeyIsChecked(arguments: [String]) async throws {
    let team = try SigningTeam()
    try team.makeKey("ada", arguments)
    // Numbers of ECDSA are shorter now and then: once in 256 signatures each.
    for number in 1...5 { try team.commit("\(number)", signedBy: "ada") }
    let signers = try team.signers(["ada"])
    let expected = SourceSigner(
      .good, principal: "ada@example.org", key: try team.fingerprint(of: "ada"))
    for number in 0..<5 {
      #expect(signers.signer(of: try team.object("HEAD~\(number)")) == expected)
    }
    #expect(try await team.source(signers).fetch()?.signer == expected)
  }

  /// What is told of each kind of commit, with and without a file of signers.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func everyStatusIsTold() async throws {
    let team = try SigningTeam()
    for name in ["ada", "eve"] { try team.makeKey(name) }
    let (nobody, ada) = (try SourceSigners(""), try team.signers(["ada"]))
    try team.commit("1")
    #expect(ada.signer(of: try team.object()) == SourceSigner(.unsigned))
    #expect(try await team.source(nil).fetch()?.signer == nil)
    #expect(try await team.source(ada).fetch()?.signer == SourceSigner(.unsigned))
    try team.commit("2", signedBy: "eve")
    let eve = SourceSigner(.unknownKey, key: try team.fingerprint(of: "eve"))
    #expect(try [ada, nobody].map { try $0.signer(of: team.object()) } == [eve, eve])
    #expect(try await team.source(nil).fetch()?.signer == eve)
  }

  /// Whatever is changed in a signed commit, its signature is none of it any more.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func changedCommitsAreBad() throws {
    let team = try SigningTeam()
    try team.makeKey("ada")
    try team.commit("one", signedBy: "ada")
    let (ada, object) = (try team.signers(["ada"]), try team.object())
    let text = String(decoding: object, as: UTF8.self)
    #expect(ada.signer(of: object).status == .good)
    let signature = try #require(text.firstRange(of: "gpgsig "))
    let end = try #require(text.firstRange(of: "-----END SSH SIGNATURE-----\n"))
    let outside = [
      0..<text.utf8.distance(from: text.startIndex, to: signature.lowerBound),
      text.utf8.distance(from: text.startIndex, to: end.upperBound)..<object.count,
    ]
    for index in outside.joined() {
      var changed = object
      changed[index] ^= 1
      #expect(ada.signer(of: changed).status != .good, "byte \(index)")
    }
    let added = text.replacingOccurrences(of: "\ngpgsig ", with: "\nnote x\ngpgsig ")
    #expect(ada.signer(of: Array(added.utf8)).status == .bad)
    #expect(ada.signer(of: []) == SourceSigner(.unsigned))
  }

  /// GPG's signatures are checked against the operator's keyring, by gpgv.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func signaturesOfGPG() async throws {
    let team = try SigningTeam()
    defer { team.stopGPG() }
    let (ada, eve) = (try team.makeGPGKey("ada"), try team.makeGPGKey("eve"))
    let keyring = try #require(OpenPGPKeyring(try team.export("ada")))
    let signers = try SourceSigners("", keyring: keyring)
    #expect(!signers.isEmpty && OpenPGPKeyring([], path: "/nowhere:") == nil)
    try team.commit("1", signedByGPG: ada)
    let object = try team.object()
    let good = SourceSigner(.good, principal: "ada <ada@example.org>", key: ada)
    #expect(signers.signer(of: object) == good)
    #expect(try SourceSigners("").signer(of: object) == SourceSigner(.gpgUnchecked))
    #expect(try await team.source(signers, areRequired: true).fetch()?.signer == good)
    let text = String(decoding: object, as: UTF8.self).replacing("\n\n1", with: "\n\n2")
    #expect(signers.signer(of: Array(text.utf8)).status == .bad)
    try team.commit("2", signedByGPG: eve)
    #expect(signers.signer(of: try team.object()).status == .unknownKey)
    let broken = try #require(OpenPGPKeyring([]))
    #expect(try SourceSigners("", keyring: broken).signer(of: object).status == .unknownKey)
  }

  /// A gpgv that hangs is ended, with what it started, and has checked nothing.
  @Test(.temporaryFolder, .timeLimit(.minutes(1)))
  func checkingIsBoundedInTime() throws {
    let program = folder.appending(path: "gpgv")
    try Data("#!/bin/sh\nsleep 600 & echo $! > '\(folder.path)/child'; wait\n".utf8).write(
      to: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    let keyring = try #require(
      OpenPGPKeyring([], path: folder.path, within: .milliseconds(300)))
    let object = "tree 1\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n\nwords\n"
    let started = ContinuousClock.now
    let signer = try SourceSigners("", keyring: keyring).signer(of: Array(object.utf8))
    #expect(signer == SourceSigner(.gpgUnchecked))
    #expect(ContinuousClock.now - started < .seconds(10))
    let child = try String(contentsOf: folder.appending(path: "child"), encoding: .utf8)
    let pid = try #require(pid_t(child.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(pid, 0) != 0 || Self.isZombie(pid))
  }

  /// gpgv reads what somebody else wrote, and gets none of our descriptors, marked to be closed or not.
  @Test(.temporaryFolder, .timeLimit(.minutes(1)))
  func checkingInheritsNothing() throws {
    let leak = open("/etc/hostname", O_RDONLY)
    defer { close(leak) }
    let gpgv = try DescriptorWitness("gpgv", in: folder)
    let keyring = try #require(OpenPGPKeyring([], path: "\(folder.path):/usr/bin:/bin"))
    let object = "tree 1\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n\nwords\n"
    _ = try SourceSigners("", keyring: keyring).signer(of: Array(object.utf8))
    #expect(try gpgv.descriptors() == [0, 1, 2, 3])
  }

  private static func isZombie(_ pid: pid_t) -> Bool {
    let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    return status?.contains(") Z ") ?? true
  }

  @Test(
    .temporaryFolder,
    arguments: [
      ("-----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----", .gpgUnchecked),
      ("-----BEGIN SIGNED MESSAGE-----\n MIAG\n -----END SIGNED MESSAGE-----", .gpgUnchecked),
      ("-----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----", .bad), ("", .bad),
      ("nonsense", .bad), ("a\ngpgsig b", .bad),
    ] as [(String, SourceSigner.Status)])
  func otherSignatures(text: String, status: SourceSigner.Status) throws {
    let object = "tree \(String(repeating: "a", count: 40))\ngpgsig \(text)\n\nmessage\n"
    #expect(try SourceSigners("").signer(of: Array(object.utf8)) == SourceSigner(status))
  }

  /// A signature for something else than git, or over another hash of OpenSSH's.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      (["-n", "git"], .good), (["-n", "git", "-O", "hashalg=sha256"], .good),
      (["-n", "file"], .bad),
    ] as [([String], SourceSigner.Status)])
  func namespacesAndHashes(arguments: [String], status: SourceSigner.Status) throws {
    let team = try SigningTeam()
    try team.makeKey("ada")
    let payload = "tree \(String(repeating: "a", count: 40))\n\nmessage\n"
    let file = folder.appending(path: "payload")
    try Data(payload.utf8).write(to: file)
    try shell(
      ["ssh-keygen", "-q", "-Y", "sign", "-f", "ada"] + arguments + ["payload"], in: folder)
    let signature = try String(contentsOf: file.appendingPathExtension("sig"), encoding: .utf8)
    let header = signature.split(separator: "\n").joined(separator: "\n ")
    let object = payload.replacing("\n\n", with: "\ngpgsig \(header)\n\n")
    #expect(try team.signers(["ada"]).signer(of: Array(object.utf8)).status == status)
  }

  /// The file is read strictly: what is not understood must not widen whom we trust.
  @Test(arguments: [
    "ada", "ada ssh-rsa", "ada ssh-rsa AAAA", "ada ssh-ed25519 AAAAB3NzaC1yc2E=",
    "ada cert-authority ssh-ed25519 AAAA", "ada namespaces=\"file\" ssh-ed25519 AAAA",
    "ada valid-before=\"2026\" ssh-ed25519 AAAA", "!eve,*@example.org ssh-ed25519 AAAA",
    "?da ssh-ed25519 AAAA",
  ])
  func wrongFiles(line: String) {
    #expect(throws: AllowedSignersError.self) { try SourceSigners("# ours\n\(line)\n") }
  }

  /// RSA keys that are too short, and ranges of a ledger's decisions.
  @Test(.temporaryFolder) func keysThatAreRefused() throws {
    let team = try SigningTeam()
    try team.makeKey("short", ["-t", "rsa", "-b", "1024"])
    #expect(throws: AllowedSignersError.self) { try team.signers(["short"]) }
    try team.makeKey("ada")
    let line = try team.line(of: "ada")
    #expect(try !SourceSigners(line).isEmpty)
    for pattern in ["!ada@example.org", "?da@example.org", "*@example.org"] {
      let error = #expect(throws: AllowedSignersError.self) {
        try SourceSigners(line.replacing("ada@example.org", with: pattern))
      }
      #expect(error?.message.hasPrefix("\(pattern) is a pattern") == true)
    }
    #expect(throws: AllowedSignersError.self) { try SourceSigners("\(line) valid-from-seq=1") }
    #expect(try SourceSigners("ada sk-ssh-ed25519@openssh.com AAAA").isEmpty)
  }
}

/// People with keys, and a repository that they push to.
struct SigningTeam {
  private let upstream: Upstream
  private var folder: URL { TemporaryFolder.current }

  init() throws { upstream = try Upstream(in: TemporaryFolder.current) }

  func makeKey(_ name: String, _ arguments: [String] = ["-t", "ed25519"]) throws {
    try shell(["ssh-keygen", "-q", "-N", "", "-C", name, "-f", name] + arguments, in: folder)
  }

  private var gpg: [String] { ["gpg", "--homedir", folder.path, "--batch", "--quiet"] }

  /// Makes a key of GPG, and returns its fingerprint.
  func makeGPGKey(_ name: String) throws -> String {
    let user = "\(name) <\(name)@example.org>"
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
    try shell(
      gpg + ["--passphrase", "", "--quick-generate-key", user, "ed25519", "sign"], in: folder)
    let list = try shell(gpg + ["--with-colons", "--fingerprint", user], in: folder)
    let line = try #require(list.split(separator: "\n").first { $0.hasPrefix("fpr:") })
    return String(try #require(line.split(separator: ":").last))
  }

  /// Ends the agent that gpg leaves behind; it would end by itself once its folder is gone.
  func stopGPG() {
    _ = try? shell(["gpgconf", "--homedir", folder.path, "--kill", "all"], in: folder)
  }

  /// Returns the public key, as gpg exports it.
  func export(_ name: String) throws -> [UInt8] {
    let file = folder.appending(path: "\(name).gpg")
    try shell(gpg + ["--output", file.path, "--export", "\(name)@example.org"], in: folder)
    return Array(try Data(contentsOf: file))
  }

  /// Commits a manifest, signed with a key of GPG, and pushes it.
  func commit(_ text: String, signedByGPG fingerprint: String) throws {
    try upstream.write(["models/a.yaml": text])
    try upstream.run(["add", "--all"])
    let settings = ["user.signingkey=\(fingerprint)", "commit.gpgsign=true"]
    try upstream.run(
      settings.flatMap { ["-c", $0] } + ["commit", "--quiet", "-m", text],
      environment: ["GNUPGHOME": folder.path])
    try upstream.run(["push", "--quiet", "--force", "origin", "HEAD:main"])
  }

  func line(of name: String) throws -> String {
    let key = try String(contentsOf: folder.appending(path: "\(name).pub"), encoding: .utf8)
    return "\(name)@example.org namespaces=\"git\" \(key)"
  }

  func signers(_ names: [String]) throws -> SourceSigners {
    try SourceSigners(names.map { try line(of: $0) }.joined())
  }

  func fingerprint(of name: String) throws -> String {
    let line = try shell(["ssh-keygen", "-l", "-f", "\(name).pub"], in: folder)
    return String(line.split(separator: " ")[1])
  }

  /// Commits a manifest and pushes it; returns the commit.
  @discardableResult
  func commit(
    _ text: String, at path: String = "models/a.yaml", signedBy name: String? = nil,
    _ arguments: [String] = []
  ) throws -> String {
    try upstream.write([path: text])
    try upstream.run(["add", "--all"])
    return try run(["commit", "--quiet", "--allow-empty", "-m", text] + arguments, signedBy: name)
  }

  /// Runs git so that it signs, and pushes what comes of it.
  ///
  /// Returns the commit, or what git printed where none is made.
  @discardableResult
  func run(
    _ arguments: [String], signedBy name: String? = nil, isCommit: Bool = true
  ) throws -> String {
    guard isCommit else { return try upstream.run(arguments) }
    let signing = name.map { name in
      let key = folder.appending(path: name).path
      return ["gpg.format=ssh", "user.signingkey=\(key)", "commit.gpgsign=true"]
    }
    try upstream.run((signing ?? []).flatMap { ["-c", $0] } + arguments)
    try upstream.run(["push", "--quiet", "--force", "origin", "HEAD:main"])
    return try upstream.run(["rev-parse", "HEAD"])
  }

  func object(_ name: String = "HEAD") throws -> [UInt8] {
    // The shell of the tests takes the last newline away, which is part of the message.
    Array((try upstream.run(["cat-file", "commit", name]) + "\n").utf8)
  }

  func source(
    _ signers: SourceSigners?, areRequired: Bool = false, isFastForwardOnly: Bool = false
  ) throws -> GitSource {
    try source(
      SourceRules(
        signers: signers.map { signers in try RenewedValue(of: []) { signers } },
        areRequired: areRequired, isFastForwardOnly: isFastForwardOnly))
  }

  func source(_ rules: SourceRules) throws -> GitSource {
    try GitSource(
      remote: GitRemote(upstream.folder.path), branch: "main", path: "models",
      repository: folder.appending(path: "clone").path, rules: rules)
  }
}
