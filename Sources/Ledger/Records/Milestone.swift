import Encoding
package import Rollouts

/// A record that is no decision: it is about the branch, not about a deployment.
///
/// Every kind is canonical JSON in a file that is written once, in a commit of its
/// own whose message follows from the record, under the next number of the branch.
package protocol Milestone: Codable, Equatable, Sendable {
  static var schema: String { get }
  /// What it is, in one word: the verdict of its commit, and how a seal counts it.
  static var word: String { get }

  var schema: String { get }
  var ledgerSeq: Int { get }
  var controller: RecordedController { get }
  /// When it was made.
  var moment: Instant { get }
  /// Where it lies on the branch.
  var path: String { get }
  var title: String { get }
  /// What it means, in one sentence without its full stop.
  var sentence: String { get }
  /// What its commit says beside what every milestone's says.
  var trailers: [(String, String)] { get }
}

extension Milestone {
  /// Returns the bytes of the record's file.
  func file() throws -> [UInt8] { try JSONValue(encoding: self).file }

  /// Reads a file that has to be exactly what this kind of record is written as.
  ///
  /// - Returns: nil when it is anything else, a field that nobody knows included.
  package init?(file bytes: [UInt8]) {
    guard let value = try? JSONValue(file: bytes),
      let milestone = try? value.decoded(as: Self.self), (try? milestone.file()) == bytes
    else { return nil }
    self = milestone
  }
}

extension CommitMessage {
  /// The message of a record that is no decision.
  package init(_ milestone: some Milestone, digest: String) {
    let kind = milestone.schema.split(separator: "/").last ?? ""
    let trailers =
      [("Serin-Record", String(kind)), ("Verdict", type(of: milestone).word)]
      + milestone.trailers
      + [
        ("Record-Digest", digest), ("Ledger-Seq", "\(milestone.ledgerSeq)"),
        ("Controller-Epoch", "\(milestone.controller.epoch)"),
      ]
    self.init(title: milestone.title, sentence: milestone.sentence, trailers: trailers)
  }
}

extension Milestone {
  /// Reads a file that lies where such a record should.
  package init(file bytes: [UInt8], at path: String) throws(LedgerError) {
    guard let milestone = Self(file: bytes) else {
      throw LedgerError(path: path, message: "this is not what this version writes there")
    }
    self = milestone
  }
}
