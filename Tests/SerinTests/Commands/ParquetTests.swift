import Foundation
import Golden
import TestKit
import Testing

/// Parquet, read through DuckDB: the real one, which `hack/install test` installs.
@Suite struct ParquetTests {
  private static let tools = URL(filePath: #filePath).appending(path: "../../../../.venv/bin")
    .standardized.path

  /// Where DuckDB is found; a file in the home folder that sets it up is not to change what it writes.
  private var environment: [String: String] {
    ["PATH": "\(Self.tools):/usr/bin:/bin", "HOME": TemporaryFolder.current.path]
  }

  private func duckdb(_ statements: String) throws {
    try shell(
      ["\(Self.tools)/duckdb", "-init", "/dev/null", "-c", statements],
      in: TemporaryFolder.current)
  }

  private func build(_ arguments: String...) throws -> Command {
    try Command(["profile", "build"] + arguments, environment: environment)
  }

  /// A thousand rows of every kind of value that a table of training data has.
  private static let table = """
    CREATE TABLE t AS SELECT
      CASE WHEN i % 25 = 0 THEN NULL ELSE i * 0.37 END AS amount,
      (i * 7919 % 1000)::DOUBLE / 7 AS ratio, (i * 31 % 90)::INTEGER AS age,
      i::BIGINT * 1000000007 AS id, (i * 1.005)::DECIMAL(12, 3) AS price,
      CASE WHEN i % 7 = 0 THEN 'nan'::DOUBLE WHEN i % 11 = 0 THEN '-inf'::DOUBLE ELSE i END AS odd,
      i % 3 = 0 AS is_new, CASE WHEN i % 10 = 0 THEN NULL ELSE i % 2 = 0 END AS is_known,
      ['DE', 'FR', 'it''s "quoted", ü\\'][1 + i % 3] AS country,
      repeat('ab ', (i % 30)::INTEGER) || i || chr(10) AS note,
      DATE '2024-01-01' + (i % 5)::INTEGER AS day,
      TIMESTAMP '2024-01-01 10:00:00' + INTERVAL (i % 4) HOUR AS moment,
      NULL::INTEGER AS nothing
    FROM range(1000) r(i);
    """

  /// What a file is called is in the profile; nothing else may differ.
  @Test(.temporaryFolder) func parquetGivesTheProfileOfTheSameCSV() throws {
    let folder = TemporaryFolder.current
    try duckdb(
      Self.table + "COPY t TO 't.parquet' (FORMAT parquet); COPY t TO 't.csv' (FORMAT csv, HEADER);"
    )
    try Data(".timer on\n.mode line\n".utf8).write(to: folder.appending(path: ".duckdbrc"))
    let csv = try build("t.csv", "--output", "is_new", "--ranges")
    let parquet = try build("t.parquet", "--output", "is_new", "--ranges")
    #expect(csv.status == 0 && parquet.status == 0, "\(parquet.errors)")
    #expect(parquet.output.replacing("t.parquet", with: "t.csv") == csv.output)
    for line in ["missing: 40\n", "missing: 100\n", "missing: 1000\n", "\"2024-01-01\": 200"] {
      #expect(csv.output.contains(line), "\(line) of \(csv.output)")
    }
  }

  /// A list of numbers is an embedding.
  @Test(.temporaryFolder) func lists() throws {
    try duckdb(
      "COPY (SELECT [i, 2 * i]::FLOAT[2] AS v FROM range(6) r(i)) TO 'v.parquet' (FORMAT parquet)")
    let built = try build("v.parquet")
    #expect(built.output.contains("vector:\n        dimension: 2\n"), "\(built.errors)")
  }

  /// DuckDB reads what somebody else wrote, and gets three descriptors: no library's, and none that serin was
  /// started with.
  @Test(.temporaryFolder) func readingInheritsNothing() throws {
    let folder = TemporaryFolder.current
    let duckdb = try DescriptorWitness("duckdb", in: folder, thenRuns: #"echo '{"a": 1}'"#)
    try Data("PAR1".utf8).write(to: folder.appending(path: "x.parquet"))
    let script = "exec 7< /etc/hostname; exec '\(Command.program)' profile build x.parquet"
    let profile = try shell(
      ["/bin/sh", "-c", script], in: folder,
      environment: ["PATH": "\(folder.path):/usr/bin:/bin"])
    #expect(profile.contains("rows: 1\n"))
    #expect(try duckdb.descriptors() == [0, 1, 2, 3])
  }

  /// What DuckDB says of a file that is none reaches the person.
  @Test(.temporaryFolder) func brokenFiles() throws {
    try duckdb(
      """
      COPY (SELECT 1 AS a) TO 'whole.parquet' (FORMAT parquet);
      COPY (SELECT 1 AS a WHERE a > 1) TO 'empty.parquet' (FORMAT parquet);
      COPY (SELECT {'b': 1} AS a, 2 AS c) TO 'nested.parquet' (FORMAT parquet);
      """)
    let whole = try Data(
      contentsOf: TemporaryFolder.current.appending(path: "whole.parquet"))
    try whole.dropLast(8).write(to: TemporaryFolder.current.appending(path: "cut.parquet"))
    let transcripts = try ["cut.parquet", "empty.parquet", "nested.parquet"].map {
      try build($0).transcript(of: "serin profile build \($0)")
    }
    try expectGolden(transcripts.joined(separator: "\n"), "profile-parquet.txt")
    let without = try build("nested.parquet", "--ignore", "a")
    #expect(without.status == 0 && without.output.contains("- name: c\n"), "\(without.errors)")
  }
}
