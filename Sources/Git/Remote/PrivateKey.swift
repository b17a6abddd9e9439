import Foundation
import Ledger

/// What can be said of an ssh key before a server is asked.
///
/// libssh2 answers every unusable key with "Failed to authenticate SSH session", which helps nobody.
enum PrivateKey {
  private static let sha1 = """
    RSA keys cannot be used: libssh2 1.10 signs with SHA-1 only, which OpenSSH servers refuse; make \
    an Ed25519 key: ssh-keygen -t ed25519
    """
  private static let locked = "the private key is encrypted, and no passphrase was given"
  private static let unreadable = "this is not an OpenSSH, EC or PKCS#8 private key in PEM"

  /// Throws when the key can never work.
  static func check(
    _ pem: Secret, hasPassphrase: Bool, for operation: String
  ) throws(GitError) {
    guard let problem = problem(pem.reveal(), hasPassphrase) else { return }
    throw GitError(.invalid, operation, problem)
  }

  private static func problem(_ pem: String, _ hasPassphrase: Bool) -> String? {
    let lines = pem.split(whereSeparator: \.isNewline)
    guard let first = lines.first, first.hasPrefix("-----BEGIN ") else { return unreadable }
    let isEncrypted = lines.contains { $0.hasPrefix("Proc-Type:") && $0.contains("ENCRYPTED") }
    let body = lines.dropFirst().filter { !$0.contains(":") && !$0.hasPrefix("-----") }
    let data = Data(base64Encoded: body.joined()) ?? Data()
    switch first {
    case "-----BEGIN OPENSSH PRIVATE KEY-----": return problem(openSSH: data, hasPassphrase)
    case "-----BEGIN RSA PRIVATE KEY-----": return sha1
    case "-----BEGIN EC PRIVATE KEY-----": return isEncrypted && !hasPassphrase ? locked : nil
    case "-----BEGIN ENCRYPTED PRIVATE KEY-----": return hasPassphrase ? nil : locked
    case "-----BEGIN PRIVATE KEY-----": return data.range(of: rsaIdentifier) == nil ? nil : sha1
    default: return unreadable
    }
  }

  /// 1.2.840.113549.1.1.1 in DER: what a PKCS#8 file calls RSA.
  private static let rsaIdentifier = Data([
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01,
  ])

  /// Reads "openssh-key-v1": cipher, key derivation and its options, number of keys, public key.
  private static func problem(openSSH data: Data, _ hasPassphrase: Bool) -> String? {
    let magic = Data("openssh-key-v1\0".utf8)
    guard data.starts(with: magic) else { return unreadable }
    var reader = WireReader(data.dropFirst(magic.count))
    guard let cipher = reader.string(), reader.string() != nil, reader.string() != nil,
      reader.integer() == 1, let publicKey = reader.string()
    else { return unreadable }
    let type = keyType(of: publicKey)
    guard type != "ssh-rsa" else { return sha1 }
    guard HostKeyPreference.types.contains(type) else {
      return "keys of type \(type) are not known"
    }
    return cipher != Data("none".utf8) && !hasPassphrase ? locked : nil
  }
}
