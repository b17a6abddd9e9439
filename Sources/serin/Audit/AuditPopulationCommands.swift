import ArgumentParser
import Audit
import Encoding
import Foundation
import Ledger
import Manifests
import Reports
import Rollouts

struct AuditPopulationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "population", abstract: "Show every decision of some days, and that it is all.",
    discussion: """
      Decisions are numbered on the branch. The statement at the end says from which number to \
      which they go, and names each that is missing; then it exits with 27. With -o csv it goes to \
      standard error.
      """)

  @OptionGroup var query: AuditPeriodOptions

  func run() async throws {
    let population = try await query.population()
    try query.show(population.decisions, .init(population, query.words))
  }
}

struct AuditSampleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Draw a random sample of the decisions of some days.",
    discussion: """
      The same seed and days give the same sample of the same ledger, on every machine, and a \
      larger one contains the smaller. Drawn are the decisions for which this is lowest:

        printf '%s %s' SEED NUMBER | sha256sum
      """)

  @Option(name: .customShort("n"), help: "How many decisions to draw.") var count: Int
  @Option(help: "Any word or number without blanks; choose it after the decisions were made.")
  var seed: String
  @OptionGroup var query: AuditPeriodOptions

  func validate() throws {
    guard count > 0 else { throw ValidationError("-n \(count): draw one decision at least.") }
    guard Sample.isSeed(seed) else {
      throw ValidationError("--seed must have 1 to 100 ASCII characters, and no blank.")
    }
  }

  func run() async throws {
    let population = try await query.population()
    let drawn = Sample.draw(count, of: population.decisions, seed: seed)
    let statement = PopulationStatement(population, query.words, drawn: (drawn.count, seed))
    try query.show(drawn, statement)
  }
}

extension AuditPeriodOptions {
  fileprivate func population() async throws -> Population {
    var population = Population(of: period)
    try await ledger.forEach({ population.add($0) }, other: { population.pass($0) })
    return population
  }

  fileprivate func show(
    _ decisions: [CommittedDecision], _ statement: PopulationStatement
  ) throws {
    switch output {
    case .json:
      try printJSON(PopulationStatement.Form(statement: statement, decisions: decisions))
    case .csv:
      print(CSV(decisions).text, terminator: "")
      FileHandle.standardError.write(Data("\(statement.text)\n".utf8))
    case .text:
      if !decisions.isEmpty { print(decisions.table, terminator: "\n\n") }
      print(statement.text)
    }
    if !statement.completeness.isComplete { throw ExitCode(Finding.Kind.sequence.exitCode) }
  }
}

/// What is said of a population, below its decisions.
private struct PopulationStatement: Encodable {
  struct Form: Encodable {
    let statement: PopulationStatement
    let decisions: [CommittedDecision]
  }

  struct Draw: Codable, Equatable {
    let count: Int
    let seed: String
  }

  /// "from 2026-10-01 to 2026-12-31".
  let days: String
  let completeness: Completeness
  @SpeltOut var drawn: Draw?

  init(_ population: Population, _ days: String, drawn: (count: Int, seed: String)? = nil) {
    self.days = days
    completeness = population.completeness
    self.drawn = drawn.map { Draw(count: $0.count, seed: $0.seed) }
  }

  var text: String {
    let lines = [sample, summary, missing, repeated, elsewhere, milestones, readUpTo].compactMap(
      \.self)
    return lines.map(DisplayText.safe).joined(separator: "\n")
  }

  private var sample: String? {
    drawn.map { "\($0.count) of \(completeness.count) drawn with the seed \($0.seed)" }
  }

  private var summary: String {
    let count = "\(completeness.count.of("decision")) \(days)"
    guard let first = completeness.first, let last = completeness.last else { return count }
    let none = completeness.isComplete ? ", none missing" : ""
    return "\(count), numbered \(first) to \(last)\(none)"
  }

  private var missing: String? {
    let ranges = completeness.missing.map { numbers in
      numbers.first == numbers.last ? "\(numbers.first)" : "\(numbers.first) to \(numbers.last)"
    }
    return ranges.isEmpty ? nil : "MISSING: \(ranges.joined(separator: ", "))"
  }

  private var repeated: String? {
    Self.list("OUT OF ORDER", completeness.repeated)
  }

  private var elsewhere: String? {
    Self.list("of other days, though numbered between", completeness.elsewhere)
  }

  /// "no decisions, though numbered between: epochs 12, 40; seals 15".
  private var milestones: String? {
    let kinds = [("epoch", "epoch"), ("adopt", "adoption"), ("seal", "seal")].compactMap {
      word, name -> String? in
      let numbers = completeness.milestones.filter { $0.word == word }.map(\.ledgerSeq)
      guard !numbers.isEmpty else { return nil }
      return "\(name)\(numbers.count == 1 ? "" : "s") "
        + numbers.map(String.init).joined(separator: ", ")
    }
    return kinds.isEmpty
      ? nil : "no decisions, though numbered between: \(kinds.joined(separator: "; "))"
  }

  private static func list(_ what: String, _ numbers: [Int]) -> String? {
    guard !numbers.isEmpty else { return nil }
    return "\(what): \(numbers.map(String.init).joined(separator: ", "))"
  }

  private var readUpTo: String {
    guard let end = completeness.end else { return "the branch has no decision" }
    let rest = completeness.isPast ? "" : "; decisions of these days may still follow"
    return "read to the end: decision \(end.ledgerSeq) of \(end.decidedAt.iso8601), "
      + "commit \(end.commit)\(rest)"
  }
}
