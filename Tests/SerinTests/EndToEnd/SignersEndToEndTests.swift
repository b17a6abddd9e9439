import Foundation
import TestKit
import Testing

/// Two teams with keys of their own in one repository, against the real program and signatures of real git.
@Suite struct SignersEndToEndTests {
  /// A manifest that another team has signed is refused by name; the owner's next change is admitted.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func anotherTeamsSignatureIsRefused() async throws {
    let team = try Team()
    let lines = try ["ada", "eve"].map { name in
      try shell(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name], in: team.folder)
      let key = team.folder.appending(path: "\(name).pub")
      return "\(name)@example.org \(try String(contentsOf: key, encoding: .utf8))"
    }
    try Data(lines.joined().utf8).write(to: team.folder.appending(path: "signers"))
    let file = team.folder.appending(path: "controller.yaml")
    let settings = try String(contentsOf: file, encoding: .utf8)
      .replacing(
        "interval: 1s}\n  ledger", with: "interval: 1s, allowedSigners: signers}\n  ledger")
    try Data(settings.utf8).write(to: file)
    try team.configure("namespaces: {default: {signers: [ada@example.org]}}")
    try Self.sign(as: "ada", in: team)
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGKILL) }
    try await team.waitFor("complete v1")
    try Self.sign(as: "eve", in: team)
    try team.deploy(2)
    try await eventually { team.log.contains("signed by eve@example.org") }
    #expect(team.log.contains("iris.yaml") && team.log.contains("allowed: ada@example.org"))
    try Self.sign(as: "ada", in: team)
    try team.deploy(3)
    try await team.waitFor("admit v3")
    #expect(try team.decisions().allSatisfy { $0.revision?.model.version != "2" })
  }

  /// Has git sign the next commits with somebody's key.
  private static func sign(as name: String, in team: Team) throws {
    let clone = team.folder.appending(path: "clone").path
    for (option, value) in [
      ("gpg.format", "ssh"), ("commit.gpgsign", "true"),
      ("user.signingkey", team.folder.appending(path: name).path),
    ] { try shell(["git", "-C", clone, "config", option, value]) }
  }
}
