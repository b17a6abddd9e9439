import ArgumentParser
import Audit
import Ledger
import Manifests
import Reports
import Rollouts

struct AuditExceptionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exceptions", abstract: "Show the decisions to look at first.",
    discussion: """
      One decision can be listed for several reasons, and unsigned ones are one line together:

      \(kinds)
      """)

  private static let kinds = Exceptions.Kind.allCases.map { kind in
    "  \(kind.rawValue.padded(to: 11))\(kind.summary)"
  }.joined(separator: "\n")

  private static let columns: KeyValuePairs = [
    "#": "ledgerSeq", "TIME": "decidedAt", "DEPLOYMENT": "deployment", "KIND": "kind",
    "WHAT": "detail",
  ]

  @OptionGroup var query: AuditPeriodOptions

  func run() async throws {
    var exceptions = Exceptions(in: query.period)
    try await query.ledger.forEach { exceptions.add($0) }
    try query.show(
      exceptions.items, Self.columns, nothing: "nothing exceptional \(query.words)"
    ) { item in
      [
        "\(item.ledgerSeq)", item.decidedAt.iso8601,
        item.deployment.map { "\($0)" } ?? "several", item.kind.rawValue, item.detail,
      ]
    }
  }
}

struct AuditGapsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gaps", abstract: "Show holes in the numbers and in the time of the ledger.",
    discussion: """
      A missing number is a lost decision. A restart says how long a controller was away at most, \
      and a silence only that there was nothing to decide, or nobody to decide it.

      \(kinds)
      """)

  private static let kinds = LedgerGaps.Kind.allCases.map { kind in
    "  \(kind.rawValue.padded(to: 11))\(kind.summary)"
  }.joined(separator: "\n")

  private static let columns: KeyValuePairs = [
    "BEFORE #": "ledgerSeq", "FROM": "from", "UNTIL": "until", "KIND": "kind", "WHAT": "detail",
  ]

  @Option(help: "How long nothing must be decided to be a silence, as 12h or 7d.")
  var silence = DurationArgument(.seconds(86_400))
  @OptionGroup var query: AuditPeriodOptions

  func run() async throws {
    var gaps = LedgerGaps(in: query.period, longest: silence.duration)
    try await query.ledger.forEach({ gaps.add($0.record) }, other: { gaps.pass($0.ledgerSeq) })
    try query.show(
      gaps.gaps, Self.columns, nothing: "no holes \(query.words)"
    ) { gap in
      [
        "\(gap.ledgerSeq)", gap.from?.iso8601 ?? "-", gap.until.iso8601, gap.kind.rawValue,
        gap.detail,
      ]
    }
  }
}

extension AuditPeriodOptions {
  /// Prints a list in the form that was asked for; columns have a name for people and one for
  /// programs.
  fileprivate func show<Item: Encodable>(
    _ items: [Item], _ columns: KeyValuePairs<String, String>, nothing: String,
    _ row: (Item) -> [String]
  ) throws {
    switch output {
    case .json: try printJSON(items)
    case .csv: print(CSV(columns.map(\.value), items.map(row)).text, terminator: "")
    case .text: print(items.isEmpty ? nothing : safeTable(columns.map(\.key), items.map(row)))
    }
  }
}

extension Exceptions.Kind {
  fileprivate var summary: String {
    switch self {
    case .rollback: "a version was taken back"
    case .hold: "a rollout stood still"
    case .alert: "what served broke a promise with nothing to go back to, or nothing served"
    case .gap: "the runtime was ahead of the ledger: a decision was lost"
    case .late: "recorded late, or not in the order of time"
    case .inconclusive: "went on unproven, because onInconclusive is promote"
    case .unsigned: "the commit of the decision has no signature"
    case .signer: "the manifest's commit has no good signature, though signers are named"
    case .rewritten: "the history of the manifests was rewritten"
    case .digest: "the manifest names no digest of the model"
    }
  }
}

extension LedgerGaps.Kind {
  fileprivate var summary: String {
    switch self {
    case .number: "a number of the branch or of a deployment is missing"
    case .lost: "the runtime was ahead of the ledger: a decision was lost"
    case .restart: "another life of a controller went on"
    case .silence: "nothing was decided for long"
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
