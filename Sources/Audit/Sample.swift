import Ledger
import Encoding

/// A random sample that anybody can draw again, without this program.
///
/// Each decision is ranked by the SHA-256 of the seed, a blank and its number on the branch, and the
/// lowest ranks are drawn. No generator has to be agreed upon, a larger sample contains the smaller
/// one, and what a record says has no part in whether it is drawn.
package enum Sample {
  /// Returns `count` of the decisions, or all of them, in the order in which they were given.
  package static func draw(
    _ count: Int, of decisions: [CommittedDecision], seed: String
  ) -> [CommittedDecision] {
    let ranks = decisions.map { rank(of: $0.record.ledgerSeq, seed: seed) }
    let order = decisions.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
    return order.prefix(count).sorted().map { decisions[$0] }
  }

  /// What `printf '%s %s' SEED NUMBER | sha256sum` prints.
  private static func rank(of ledgerSeq: Int, seed: String) -> String {
    sha256Hex("\(seed) \(ledgerSeq)".utf8)
  }

  /// Whether a seed can be typed into any other tool, and divides from the number in one way.
  package static func isSeed(_ text: String) -> Bool {
    (1...100).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
