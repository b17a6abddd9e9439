import Ledger
import Encoding

/// The first thing that is wrong with a ledger: which decision, where, and how it is wrong.
package struct Finding: Error, Equatable, Sendable, Codable, CustomStringConvertible {
  package let kind: Kind
  /// The number on the branch of the record at which the ledger is wrong; 0 when that cannot be
  /// told, because the branch does not lead through the commit to begin behind.
  package let ledgerSeq: Int
  package let commit: String
  /// The file that is wrong; nil when it is the commit.
  package let path: String?
  package let expected: String
  package let found: String

  package init(
    _ kind: Kind, ledgerSeq: Int, commit: String, path: String? = nil, expected: String,
    found: String
  ) {
    self.kind = kind
    self.ledgerSeq = ledgerSeq
    self.commit = commit
    // Forgers choose what stands here.
    self.path = path.map(DisplayText.safe)
    self.expected = DisplayText.safe(expected)
    self.found = DisplayText.safe(found)
  }

  package var description: String {
    "\(kind.rawValue): record \(ledgerSeq): expected \(expected), found \(found)"
  }

  /// What can be wrong, in the order in which it is looked for.
  package enum Kind: String, Equatable, Sendable, Codable, CaseIterable {
    case commit, history, unsigned, signature, signer, files, record, sequence, chain, message
    case evidence, status, date, transition, replay, epoch, seal, source

    /// The exit code of `serin audit verify`: a promise to scripts.
    package var exitCode: Int32 {
      switch self {
      case .commit: 20
      case .history: 21
      case .unsigned: 22
      case .signature: 23
      case .signer: 24
      case .files: 25
      case .record: 26
      case .sequence: 27
      case .chain: 28
      case .message: 29
      case .evidence: 30
      case .status: 31
      case .date: 32
      case .transition: 33
      case .replay: 34
      case .epoch: 35
      case .seal: 36
      case .source: 37
      }
    }

    /// What is wrong, in a few words.
    package var summary: String {
      switch self {
      case .commit: "a commit that serin does not write"
      case .history: "history is not one line, or was rewritten"
      case .unsigned: "a commit is not signed"
      case .signature: "a signature does not fit its commit"
      case .signer: "a commit is signed by a key that may not sign it"
      case .files: "a commit changes files that are not its own"
      case .record: "a record is not in its canonical form"
      case .sequence: "the numbers of the branch have a gap"
      case .chain: "a record does not follow its deployment's last one"
      case .message: "a commit message differs from its record"
      case .evidence: "the evidence differs from what its record says"
      case .status: "a status file differs from its record"
      case .date: "a commit's date differs from its decision"
      case .transition: "a decision is not one that can follow"
      case .replay: "a decision is not what its rules derive from its evidence"
      case .epoch: "a record is not of the epoch that its controller claimed"
      case .seal: "a day is not sealed, or its seal differs from its records"
      case .source: "a manifest that a decision names is not in the manifests' repository"
      }
    }

    /// What to do about it.
    package var advice: String {
      switch self {
      case .source:
        "fetch every branch of the manifests' repository into the clone; if the commit is nowhere, its "
          + "history was rewritten: ask the host who pushed that"
      case .unsigned:
        "if nothing before it is signed either, begin behind the last unsigned commit with --since; "
          + "otherwise somebody else wrote it"
      case .signer:
        "if this key is a controller's, add it to your allowed signers with its range of decisions; "
          + "if it is nobody's, treat every decision from here on as forged"
      case .history:
        "compare with an older clone: git merge-base --is-ancestor OLD-TIP NEW-TIP; keep both"
      case .signature, .commit, .files:
        "somebody else wrote this commit, or changed it: keep the clone and ask the host who pushed it"
      case .record, .sequence, .chain, .message, .evidence, .status, .date, .transition,
        .replay, .epoch, .seal:
        "the key signed something that its controller does not write: take it for stolen, keep the "
          + "clone, and compare the controller's own ledger.git"
      }
    }
  }
}
