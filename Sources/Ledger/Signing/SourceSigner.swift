package import Encoding

/// Who signed the commit that a manifest was read from, as far as that could be checked.
package struct SourceSigner: Equatable, Sendable, Codable {
  package enum Status: String, Equatable, Sendable, Codable, CaseIterable {
    /// By an allowed signer.
    case good
    /// The signature is none of this commit, or no signature at all.
    case bad
    /// By a key that the operator does not name.
    case unknownKey
    /// By GPG, or with a certificate: there is a signature, and nobody checked it.
    case gpgUnchecked
    case unsigned
  }

  package let status: Status
  /// Whom the operator's file names for the key.
  @SpeltOut package var principal: String?
  /// The fingerprint of the key: "SHA256:…".
  @SpeltOut package var key: String?

  package init(_ status: Status, principal: String? = nil, key: String? = nil) {
    self.status = status
    self.principal = principal
    self.key = key
  }

  /// What can be said of the commit: "signed by ada@example.org (SHA256:…)", "not signed".
  package var words: String {
    switch status {
    case .good: "signed by \(principal ?? "nobody") (\(key ?? "no key"))"
    case .bad: "its signature does not fit it"
    case .unknownKey: "signed by \(key ?? "a key"), which is no allowed signer's"
    case .gpgUnchecked: "signed with GPG, which is not checked"
    case .unsigned: "not signed"
    }
  }
}
