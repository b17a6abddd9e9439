package import Control
import Crypto
import Encoding

/// Tells real news of a git host from forged ones, and passes on that there are any.
///
/// What the news say is never read: they are a hint to look at the repository, which is where
/// everything is read from in any case. So a replay does no more than another look.
package struct Webhook: Sendable {
  private let secret: SymmetricKey
  package let refresh: RefreshTrigger

  /// - Returns: nil when the secret is shorter than 16 bytes, which could be guessed.
  package init?(secret: some Sequence<UInt8>, refresh: RefreshTrigger) {
    let bytes = Array(secret)
    guard bytes.count >= Self.shortestSecret else { return nil }
    self.secret = SymmetricKey(data: bytes)
    self.refresh = refresh
  }

  package static let shortestSecret = 16

  /// Whether `signature` is "sha256=" and the HMAC of the body in hexadecimal digits, as GitHub and
  /// Gitea send it; compared in constant time.
  func isSigned(_ body: [UInt8], by signature: String) -> Bool {
    guard signature.hasPrefix("sha256="),
      let code = Encoding.Digest("sha256:" + signature.dropFirst(7).lowercased())
    else { return false }
    return HMAC<SHA256>.isValidAuthenticationCode(code.bytes, authenticating: body, using: secret)
  }

  /// Whether `token` is the secret, as GitLab sends it; compared in constant time, whatever its
  /// length.
  func isToken(_ token: String) -> Bool {
    let expected = secret.withUnsafeBytes { bytes in
      HMAC<SHA256>.authenticationCode(for: bytes, using: secret)
    }
    return HMAC<SHA256>.isValidAuthenticationCode(
      expected, authenticating: Array(token.utf8), using: secret)
  }
}
