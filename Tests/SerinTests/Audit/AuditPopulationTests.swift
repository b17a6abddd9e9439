import Foundation
import Golden
import Ledger
import TestKit
import Testing

/// Populations, samples, exceptions and gaps, word for word, on a real git repository.
@Suite struct AuditPopulationTests {
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      (["population", "--from", "2026-09-24", "--to", "2026-09-24"], "population", 0),
      (["population", "--from", "2026-09-25"], "population-none", 0),
      (["sample", "-n", "3", "--seed", "q4"], "sample", 0), (["exceptions"], "exceptions", 0),
      (["exceptions", "--to", "2026-09-23"], "exceptions-none", 0),
      (["gaps", "--silence", "1m"], "gaps", 0), (["gaps"], "gaps-none", 0),
    ] as [([String], String, Int32)])
  func answers(arguments: [String], name: String, status: Int32) async throws {
    try await writeSmallLedger(signedWith: SigningKey(comment: ""))
    var transcript = ""
    for output in ["text", "csv", "json"] where output != "json" || name == "gaps" {
      let words = ["audit"] + arguments + ["--repo", "ledger.git", "-o", output]
      let result = try Command(words)
      #expect(result.status == status, "\(result.errors)")
      transcript += result.transcript(of: "serin \(words.joined(separator: " "))")
    }
    try expectGolden(
      transcript.withoutKeys.replacing("\r\n", with: "\n"), "audit-\(name).txt")
  }

  /// The statement is for programs as well, and a hole is an exit code.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func missingDecisionIsSaid() async throws {
    try await writeSmallLedger { $0.replacing("\"ledgerSeq\":8,", with: "\"ledgerSeq\":9,") }
    let text = try Command("audit", "population", "--repo", "ledger.git")
    #expect(text.status == 27)
    #expect(text.output.contains("\nMISSING: 8\nOUT OF ORDER: 9\n"), "\(text.output)")
    let json = try Command(
      "audit", "sample", "-n", "1", "--seed", "1", "--repo", "ledger.git", "-o", "json")
    #expect(json.status == 27 && json.output.contains("\"missing\": [\n"), "\(json.output)")
    let gaps = try Command("audit", "gaps", "--repo", "ledger.git")
    #expect(gaps.status == 0 && gaps.output.contains("decision 8 of the branch is missing"))
  }

  /// The rule of the manual, followed by a shell on what `audit log` says.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func sampleIsDrawnByAnyTool() async throws {
    try await writeSmallLedger()
    let drawn = try Command(
      "audit", "sample", "-n", "4", "--seed", "day-7s",
      "--repo", "ledger.git", "-o", "csv")
    let script = """
      for number in $(seq 2 11); do
        echo "$(printf '%s %s' day-7s "$number" | sha256sum) $number"
      done | sort | head -n 4 | awk '{ print $3 }' | sort -n
      """
    let expected = try shell(["sh", "-c", script]).split(separator: "\n")
    let rows = drawn.output.split(separator: "\r\n").dropFirst()
    #expect(rows.map { $0.prefix { $0 != "," } } == expected)
  }

  @Test(
    .temporaryFolder,
    arguments: [
      ["population", "--from", "yesterday"], ["population", "--from", "2026-02-30"],
      ["population", "--from", "2026-10-02", "--to", "2026-10-01"],
      ["sample", "-n", "0", "--seed", "1"], ["sample", "-n", "1", "--seed", "a b"],
      ["sample", "-n", "1"], ["gaps", "--silence", "soon"], ["exceptions", "-o", "html"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let result = try Command(["audit"] + arguments)
    #expect(result.status == 64, "\(result.errors)")
  }

  /// Whatever a user or a forger writes stays in its cell and on its line.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      "a\n99,2026-01-01T00:00:00Z", "=cmd()", "\u{1B}[2J\u{9B}31m", "\u{202E}x\u{2028}y", "\r-1,\"",
    ])
  func evilTextStaysText(text: String) async throws {
    try await writeSmallLedger { file in
      try ["Ada <ada@example.org>", "the manifest was removed"].reduce(file) {
        try text.inJSON($0, instead: $1)
      }
    }
    for arguments in [["population"], ["sample", "-n", "10", "--seed", "1"], ["exceptions"]] {
      for output in ["text", "csv"] {
        let result = try Command(
          ["audit"] + arguments + ["--repo", "ledger.git", "-o", output])
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.output.split(separator: output == "csv" ? "\r\n" : "\n")
        #expect(!lines.contains { $0.hasPrefix("99") || $0.hasPrefix("x\u{2028}") })
        let unsafe = lines.joined().unicodeScalars.filter { scalar in
          scalar.value < 0x20 || "\u{9B}\u{202E}\u{2028}".unicodeScalars.contains(scalar)
        }
        #expect(unsafe.isEmpty)
        #expect(output == "text" || !result.output.contains(",=cmd"))
      }
    }
  }
}
