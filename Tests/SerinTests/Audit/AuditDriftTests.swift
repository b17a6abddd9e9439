import Git
import Golden
import Ledger
import SimulationKit
import TestKit
import Testing

/// What an auditor reads of decisions on drift.
@Suite struct AuditDriftTests {
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func driftIsTold() async throws {
    let key = SigningKey(comment: "")
    try await write(DriftLedger.changes(signer: key.publicKey), signedWith: key)
    let verified = try Command(
      "audit", "verify", "--repo", "ledger.git", "--allowed-signers", "trusted")
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    var transcript = ""
    for words in [
      ["exceptions"], ["show", "8"], ["show", "9"], ["replay", "8"], ["replay", "9"],
    ] {
      let command = ["audit"] + words + ["--repo", "ledger.git"]
      let result = try Command(command)
      #expect(result.status == 0, "\(result.errors)")
      transcript += result.transcript(of: "serin \(command.joined(separator: " "))")
    }
    try expectGolden(transcript.withoutKeys, "audit-drift.txt")
    let page = try Command("audit", "export", "--repo", "ledger.git", "--format", "html")
    #expect(page.output.contains("What moved: predictions beside stable&#39;s"))
    // How they moved is drawn: the evidence at each look, and both arms bin by bin.
    for text in [
      "predictions</title>", "<title>How the candidate predicted</title>", ">roll back<",
    ] {
      #expect(page.output.contains(text), "\(text)")
    }
  }
}
