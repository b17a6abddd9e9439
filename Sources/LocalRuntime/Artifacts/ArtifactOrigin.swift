import Crypto
import Foundation

/// The URI that an artifact was read from, and the digest that it had there.
///
/// Both together name a copy on the disk and a fetch under way. A digest alone would not do: whoever
/// names another's digest beside a URI of their own must not decide how that fetch ends, what the copy
/// is called, nor whether it is a file or a folder, for a file may hold just what a folder's listing
/// says. URIs are compared by their bytes, since strings in Swift are equal when they only look it.
struct ArtifactOrigin: Hashable, Sendable {
  let uri: String
  /// The 64 digits of the digest.
  let digits: String

  /// The name of its folder: a hash of the URI, whose query may hold a signature.
  var name: String {
    let hash = SHA256.hash(data: Data(uri.utf8)).map(\.hexadecimal).joined()
    return "\(digits)-\(hash)"
  }

  var digest: String { "sha256:\(digits)" }

  static func == (left: ArtifactOrigin, right: ArtifactOrigin) -> Bool {
    left.digits == right.digits && left.uri.utf8.elementsEqual(right.uri.utf8)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(digits)
    hasher.combine(Array(uri.utf8))
  }
}
