import Foundation
import Ledger
import Testing

/// Keys, signatures and who may sign, without ssh or git.
@Suite struct SigningTests {
  private static let key = SigningKey(comment: "ledger")

  @Test func keyFileIsReadBack() throws {
    for comment in ["", "a", "ledger of the payments team", "ü"] {
      let key = SigningKey(comment: comment)
      let again = try SigningKey(openSSH: key.openSSH)
      #expect(again.publicKey == key.publicKey)
      #expect(again.comment == comment)
    }
  }

  /// Whatever is changed in a key file: it is refused, or it is the same key.
  @Test func damagedKeyFilesAreRefused() throws {
    let text = Array(Self.key.openSSH.utf8)
    for index in text.indices {
      var changed = text
      changed[index] ^= 0x04
      let key = try? SigningKey(openSSH: String(decoding: changed, as: UTF8.self))
      #expect(key == nil || key?.publicKey == Self.key.publicKey, "byte \(index)")
    }
    #expect(throws: SigningKeyError.unreadable) { try SigningKey(openSSH: "") }
    #expect(throws: SigningKeyError.encrypted) {
      try SigningKey(openSSH: "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n")
    }
    #expect(throws: SigningKeyError.otherType("RSA")) {
      try SigningKey(openSSH: "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n")
    }
  }

  /// A secret is not printed by whoever prints or dumps what holds it.
  @Test func keyShowsNothing() {
    var dumped = ""
    dump([Self.key], to: &dumped)
    #expect(!dumped.contains("comment"))
    #expect("\(Self.key)" == Self.key.publicKey.description)
  }

  static let line =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmNt89wfFRfztkXFc4iv8yegOedxBH24o/omSdwcqi/"

  @Test func allowedSignersAreRead() throws {
    let signers = try AllowedSigners(
      """
      # the keys of production
      production namespaces="git" \(Self.line) valid-until-seq=9

      production,standby \(Self.line) somebody's comment valid-from-seq=12
      ada@example.org ssh-rsa AAAAB3NzaC1yc2E=
      """)
    #expect(signers.signers.map(\.principals) == [["production"], ["production", "standby"]])
    #expect(signers.signers.map(\.validity) == [1...9, 12...Int.max])
    #expect(signers.signers.allSatisfy { $0.key.line == Self.line })
  }

  /// What is not understood is an error with its line: a key must not be trusted for more than it says.
  @Test(arguments: [
    "production", "production ssh-ed25519", "production ssh-ed25519 AAAA",
    "production namespaces=\"file\" \(Self.line)", "production cert-authority \(Self.line)",
    "production valid-before=\"20260101\" \(Self.line)",
    "production \(Self.line) valid-until-seq=x", "!production \(Self.line)",
    "prod?ction \(Self.line)", "production,prod-* \(Self.line)",
    "production \(Self.line) valid-until-seq=0", "production \(Self.line) valid-from-seq=",
    "production \(Self.line) valid-untill-seq=9",
    "production \(Self.line) valid-from-seq=9 valid-until-seq=8", "\u{1B}[31m \u{202E}=x",
  ])
  func wrongAllowedSigners(line: String) throws {
    let error = try #require(throws: AllowedSignersError.self) {
      try AllowedSigners("# comment\n\(line)\n")
    }
    #expect(error.line == 2)
    #expect(!"\(error)".unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202E}" })
  }

  @Test(arguments: ["", "a b", "a,b", "*", "a\"b", "ä", "#a"])
  func namesThatNoLineCanHold(name: String) { #expect(!AllowedSigners.isPrincipal(name)) }

  @Test func newLineIsReadBack() throws {
    let line = AllowedSigners.line(for: Self.key.publicKey, of: "production", from: 7)
    let signer = try #require(try AllowedSigners(line).signers.first)
    #expect(signer.key == Self.key.publicKey && signer.validity == 7...Int.max)
    #expect(signer.principals == ["production"])
  }
}
