import struct Crypto.SHA256
package import Encoding

/// The Merkle tree of RFC 9162, section 2.1, over the digests of records, built leaf by leaf.
///
/// Of all leaves only the roots of the full subtrees are kept, at most one of each height: think of
/// the digits of a binary counter. Whoever has one record, the root and a few hashes can prove that
/// the record is one of the leaves, without the others.
package struct MerkleTree: Equatable, Sendable {
  /// The roots of full subtrees, the largest first, with the number of leaves below each.
  private var subtrees: [(leaves: Int, root: [UInt8])] = []

  package init() {}

  package var leaves: Int { subtrees.reduce(0) { $0 + $1.leaves } }

  package mutating func append(_ leaf: [UInt8]) {
    var last = (leaves: 1, root: Self.hash([0x00] + leaf))
    while let left = subtrees.last, left.leaves == last.leaves {
      subtrees.removeLast()
      last = (left.leaves * 2, Self.node(left.root, last.root))
    }
    subtrees.append(last)
  }

  /// The root; that of no leaves is the digest of nothing.
  package var root: Digest {
    let roots = subtrees.map(\.root)
    guard let last = roots.last else { return Digest(of: []) }
    let root = roots.dropLast().reversed().reduce(last) { right, left in Self.node(left, right) }
    return Digest(bytes: root)
  }

  private static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
    hash([0x01] + left + right)
  }

  private static func hash(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

  package static func == (left: MerkleTree, right: MerkleTree) -> Bool {
    left.subtrees.elementsEqual(right.subtrees) { $0 == $1 }
  }
}
