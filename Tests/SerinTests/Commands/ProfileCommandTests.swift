import Foundation
import Golden
import Randomness
import TestKit
import Testing

/// Profiles of small tables, as a person sees them.
@Suite struct ProfileCommandTests {
  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: TemporaryFolder.current.appending(path: name))
  }

  /// Payments; `shift` moves the amounts by so many cents, and lets a new country appear.
  private func payments(_ count: Int, seed: UInt64, shift: Int = 0) -> String {
    var random = SplitMix64(seed: seed)
    let countries = ["DE", "DE", "DE", "FR", "US"] + (shift > 0 ? ["CH", "CH"] : [])
    let rows = (0..<count).map { index in
      let amount = Double(Int(random.next() % 20_000) + shift) / 100
      let country = countries[Int(random.next() % UInt64(countries.count))]
      let age = random.next() % 25 == 0 ? "" : "\(18 + random.next() % 70)"
      let note = String(repeating: "ab ", count: Int(random.next() % 30)) + "\(index)"
      return "\(amount),\(country),\(age),\"\(note)\",0.\(random.next() % 1000)\n"
    }
    return "amount,country,age,note,score\n" + rows.joined()
  }

  @discardableResult
  private func build(_ arguments: String...) throws -> Command {
    try Command(["profile", "build"] + arguments)
  }

  @Test(.temporaryFolder) func buildShowAndCompare() throws {
    try write(payments(2000, seed: 1), to: "train.csv")
    try write(payments(1500, seed: 2, shift: 4000), to: "live.csv")
    let made = try build(
      "train.csv", "--output", "score", "--ranges", "--to", "fraud-8.profile.yaml")
    let shown = try Command("profile", "show", "fraud-8.profile.yaml", "--svg", "columns.svg")
    let checked = try Command("validate", "fraud-8.profile.yaml")
    let compared = try Command(
      "profile", "compare", "fraud-8.profile.yaml", "live.csv", "--svg", "amount.svg", "--column",
      "amount")
    try Command("profile", "compare", "fraud-8.profile.yaml", "live.csv", "--svg", "changes.svg")
    let transcripts = [
      made.transcript(
        of: "serin profile build train.csv --output score --ranges --to fraud-8.profile.yaml"),
      shown.transcript(of: "serin profile show fraud-8.profile.yaml --svg columns.svg"),
      checked.transcript(of: "serin validate fraud-8.profile.yaml"),
      compared.transcript(of: "serin profile compare fraud-8.profile.yaml live.csv"),
    ]
    try expectGolden(transcripts.joined(separator: "\n"), "profile.txt")
    let file = TemporaryFolder.current.appending(path: "fraud-8.profile.yaml")
    try expectGolden(try String(contentsOf: file, encoding: .utf8), "fraud-8.profile.yaml")
    // The pictures in docs/drift.md.
    for (picture, golden) in [
      ("amount", "../../../../docs/profile"), ("columns", "../../../../docs/profile-columns"),
      ("changes", "profile-changes"),
    ] {
      let file = TemporaryFolder.current.appending(path: "\(picture).svg")
      try expectGolden(try String(contentsOf: file, encoding: .utf8), "\(golden).svg")
    }
  }

  /// Two tables are compared as a profile of the first is with the second.
  @Test(.temporaryFolder) func rowsAreComparedWithRows() throws {
    try write(payments(900, seed: 1), to: "train.csv")
    try write(payments(700, seed: 2, shift: 3000), to: "live.csv")
    try build("train.csv", "--to", "train.yaml")
    let profile = try Command("profile", "compare", "train.yaml", "live.csv")
    let rows = try Command("profile", "compare", "train.csv", "live.csv")
    #expect(rows.status == 0 && rows.output == profile.output, "\(rows.errors)")
    let twice = try Command("profile", "compare", "-", "-")
    #expect(twice.status == 64 && twice.errors.contains("Only one of both"), "\(twice.errors)")
    let undrawn = try Command("profile", "compare", "train.csv", "live.csv", "--column", "age")
    #expect(undrawn.status == 64 && undrawn.errors.contains("--svg"), "\(undrawn.errors)")
  }

  /// A repository says how many profiles lie in it.
  @Test(.temporaryFolder) func validateCountsProfiles() throws {
    try write(payments(300, seed: 1), to: "train.csv")
    try build("train.csv", "--to", "a.yaml")
    try build("train.csv", "--to", "b.yaml")
    try write(
      """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: fraud}
      spec:
        model: {uri: "file:///models/fraud", version: "1", format: sklearn, profile: a.yaml}
      """, to: "fraud.yaml")
    let validated = try Command("validate", ".")
    #expect(validated.output.hasSuffix("3 files, 1 deployment, 2 profiles: all good\n"))
  }

  /// What a model reached on its test set is measured as live predictions are, and promised.
  @Test(.temporaryFolder) func testResultIsPromised() throws {
    try write(payments(2000, seed: 1), to: "train.csv")
    let predictions = (0..<500).map { "\($0 % 16 == 0 ? 0.6 : 0.1),\($0 % 16 == 0 ? 1 : 0)\n" }
    try write("score,fraud\n" + predictions.joined(), to: "test.csv")
    try write(
      """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: fraud}
      spec:
        model:
          version: "1"
          uri: file:///models/1
          digest: sha256:\(String(repeating: "a", count: 64))
          format: sklearn
          profile: fraud.profile.yaml
        drift: {labels: {}}

      """, to: "fraud.yaml")
    let line =
      "train.csv --output score --test test.csv --label fraud --to fraud.profile.yaml"
    let made = try Command(["profile", "build"] + line.split(separator: " ").map(String.init))
    let checked = try Command("validate", "fraud.yaml")
    try expectGolden(
      made.transcript(of: "serin profile build \(line)") + "\n"
        + checked.transcript(of: "serin validate fraud.yaml"), "profile-test-result.txt")
  }

  /// A profile in the bins of another is compared as its rows are; one with its own bins is not.
  @Test(.temporaryFolder) func profilesAreComparedInTheSameBins() throws {
    try write(payments(900, seed: 1), to: "train.csv")
    try write(payments(700, seed: 2), to: "live.csv")
    try build("train.csv", "--to", "a.yaml")
    try build("live.csv", "--like", "a.yaml", "--to", "b.yaml")
    try build("live.csv", "--to", "c.yaml")
    let rows = try Command("profile", "compare", "a.yaml", "live.csv", "-o", "csv")
    let profile = try Command("profile", "compare", "a.yaml", "b.yaml", "-o", "csv")
    #expect(profile.output == rows.output.replacing(",0\r\n", with: ",\r\n"))
    try expectGolden(
      try Command("profile", "compare", "a.yaml", "c.yaml").transcript(
        of: "serin profile compare a.yaml c.yaml"), "profile-other-bins.txt")
    let json = try Command("profile", "compare", "a.yaml", "b.yaml", "-o", "json")
    #expect(json.output.contains(#""verdict": "same""#))
  }

  @Test(.temporaryFolder) func everyWayInGivesTheSame() throws {
    try write("a,b\n1,x\n2,y\n", to: "t.csv")
    try write("{\"a\": 1, \"b\": \"x\"}\n{\"b\": \"y\", \"a\": 2}\n", to: "t.jsonl")
    let csv = try build("t.csv")
    #expect(csv.status == 0 && csv.output.hasPrefix("apiVersion: serin.dev/v1alpha1\n"))
    #expect(try build("t.jsonl").output.replacing("t.jsonl", with: "t.csv") == csv.output)
    let piped = try shell(
      ["sh", "-c", "'\(Command.program)' profile build - --name t < t.csv"],
      in: TemporaryFolder.current)
    #expect(piped.replacing("\"standard input\"", with: "t.csv") == csv.output)
  }

  /// Whatever DuckDB writes is read; without it a person is told what to do.
  @Test(.temporaryFolder) func parquetNeedsDuckDB() throws {
    let folder = TemporaryFolder.current
    try write("PAR1 and more", to: "t.parquet")
    let without = try Command(
      ["profile", "build", "t.parquet"], environment: ["PATH": folder.path])
    try expectGolden(
      without.transcript(of: "serin profile build t.parquet"), "profile-no-duckdb.txt")
    let path = ["PATH": folder.path + ":/usr/bin:/bin"]
    try write("#!/bin/sh\necho '{\"a\": 1}'\n", to: "duckdb")
    try shell(["chmod", "+x", "duckdb"], in: folder)
    let with = try Command(["profile", "build", "t.parquet"], environment: path)
    #expect(with.status == 0 && with.output.contains("rows: 1\n"), "\(with.errors)")
    try write("#!/bin/sh\necho 'not Parquet' >&2\nexit 1\n", to: "duckdb")
    let failed = try Command(["profile", "build", "t.parquet"], environment: path)
    #expect(failed.status == 1 && failed.errors == "error: duckdb: not Parquet\n")
  }

  static let hostile = [
    ("text-after-numbers.csv", "amount\n1\n2\nabc\u{1B}[2J\n"), ("unequal.csv", "a,b\n1,2\n3\n"),
    ("quote.csv", "a,b\n1,\"x\n"), ("twice.csv", "a,a\n1,2\n"), ("nameless.csv", "a,,b\n1,2,3\n"),
    ("empty.csv", ""), ("header.csv", "a,b\n"),
    ("huge.csv", "a\n" + String(repeating: "x", count: 1_200_000)),
    ("wide.csv", (0..<10_000).map { "c\($0)" }.joined(separator: ",") + "\n"),
    ("deep.jsonl", "{\"a\": {\"b\": 1}}\n"), ("cut.jsonl", "{\"a\": 1}\n{\"a\": 1\n"),
    ("lists.jsonl", "{\"v\": [1, 2]}\n{\"v\": [1]}\n"), ("invisible.csv", "a\u{200B}b\n1\n"),
    ("compressed.csv.gz", "\u{1F}\u{8B}"),
  ]

  /// What is wrong with a file, word for word.
  @Test(.temporaryFolder) func hostileFiles() throws {
    let transcripts = try Self.hostile.map { name, text in
      let bytes = name.hasSuffix(".gz") ? Data([0x1F, 0x8B, 8, 0]) : Data(text.utf8)
      try bytes.write(to: TemporaryFolder.current.appending(path: name))
      return try build(name).transcript(of: "serin profile build \(name)")
    }
    try expectGolden(transcripts.joined(separator: "\n"), "profile-hostile.txt")
  }

  @Test(
    .temporaryFolder,
    arguments: [
      (["--output", "c"], "t.csv has no column \"c\""), (["--name", "Fraud 8"], "is not a name"),
      (["--like", "t.csv"], "t.csv is wrong"),
      (["--test", "t.csv", "--label", "b"], "there is no output whose predictions"),
      (["--output", "b", "--test", "t.csv", "--label", "b"], "cannot be its label, too"),
      (["--output", "b", "--test", "t.csv", "--label", "c"], "t.csv has no column \"c\""),
    ])
  func wrongOptions(options: [String], message: String) throws {
    try write("a,b\n1,x\n", to: "t.csv")
    let result = try Command(["profile", "build", "t.csv"] + options)
    #expect(result.status == 1 && result.errors.contains(message), "\(result.errors)")
  }
}
