import Crypto
import Foundation

/// That a URI was read and had a digest.
struct ArtifactProof: Hashable, Sendable {
  let uri: String
  /// The 64 digits of the digest.
  let digits: String
}

/// Which URIs each stored artifact was read from.
///
/// On disk, so that a controller that is started again reads none of them again. What is written down
/// is the hash of each URI, whose query may hold a signature.
struct ArtifactProofs {
  private let folder: RuntimeFolder

  init(_ folder: RuntimeFolder) { self.folder = folder }

  func contains(_ proof: ArtifactProof) -> Bool {
    hashes(of: proof.digits).contains(Self.hash(of: proof.uri))
  }

  /// Notes a proof; a process that dies before reads the URI once more.
  func add(_ proof: ArtifactProof) throws {
    guard !contains(proof) else { return }
    let all = hashes(of: proof.digits) + [Self.hash(of: proof.uri)]
    try Files.encode(all, to: file(of: proof.digits), stage: folder.stage)
  }

  /// Forgets what is known of an artifact, which is about to be removed.
  func remove(_ digits: String) throws { try Files.remove(file(of: digits)) }

  /// What cannot be read proves nothing.
  private func hashes(of digits: String) -> [String] {
    (try? Files.decode([String].self, from: file(of: digits))) ?? []
  }

  private func file(of digits: String) -> String { "\(folder.proofs)/\(digits).json" }

  private static func hash(of uri: String) -> String {
    SHA256.hash(data: Data(uri.utf8)).map(\.hexadecimal).joined()
  }
}
