/// How much is taken from a remote in one operation.
///
/// Whoever may push to a repository decides what its server sends, and nobody can tell a server to leave
/// something out. What is over ends the operation; what was read before stays in force.
package struct TransferLimits: Equatable, Sendable {
  /// What a server says of its references: 200,000 of them, two for each request to merge of ten years.
  static let advertisement = 16 << 20

  /// The bytes of a pack, as they come.
  let bytes: Int
  /// The objects in it: of each some two hundred bytes are remembered until the pack is whole.
  let objects: Int
  /// What the objects come to when they are unpacked, where that is known before.
  let unpacked: Int

  /// What teams push: the whole history of any repository of manifests, and of their profiles.
  package static let manifests = TransferLimits(
    bytes: 256 << 20, objects: 500_000, unpacked: 1 << 30)

  package init(bytes: Int, objects: Int, unpacked: Int) {
    self.bytes = bytes
    self.objects = objects
    self.unpacked = unpacked
  }
}
