import ArgumentParser
import Audit
import Git
import Ledger
import Manifests

struct AuditSealCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seal", abstract: "Show the seals of the days, compared with their records.",
    discussion: """
      A controller seals each day before it decides anything in a later one: how many records there \
      are, of which kinds, and the root of the Merkle tree (RFC 9162) over their digests. Keep a root \
      with a report, and years later it still says which records were all there were.

      Exit code \(Finding.Kind.seal.exitCode) when a seal differs from its records.
      """)

  private static let columns = ["DAYS", "FIRST", "LAST", "GAPS", "ROOT", "RECORDS SAY"]

  @OptionGroup var ledger: LedgerOptions
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func run() async throws {
    let review = try await review()
    switch output {
    case .json: try printJSON(review.items)
    case .text:
      let table = safeTable(Self.columns, review.items.map { $0.row })
      print(review.items.isEmpty ? "no day is sealed yet" : table)
      print("\n\(review.unsealed.of("record")) since")
    }
    guard review.items.allSatisfy(\.isTrue) else { throw ExitCode(Finding.Kind.seal.exitCode) }
  }

  private func review() async throws -> SealReview {
    let branch = try await ledger.branch()
    var progress = Progress(of: try await branch.begin(after: nil), "records")
    defer { progress.end() }
    var review = SealReview()
    while let commit = try await branch.next() {
      try review.add(commit)
      progress.step()
    }
    return review
  }
}

extension SealReview.Item {
  fileprivate var row: [String] {
    let gaps = seal.gaps.map(String.init).joined(separator: " ")
    return [
      seal.days, "\(seal.first)", "\(seal.last)", gaps.isEmpty ? "none" : gaps, "\(seal.root)",
      isTrue ? "the same" : "something else",
    ]
  }
}
