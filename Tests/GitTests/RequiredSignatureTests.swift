import Control
import Foundation
import Git
import Ledger
import TestKit
import Testing

/// A branch that is followed only as far as its signatures are good.
@Suite struct RequiredSignatureTests {
  /// A team in which ada and grace may sign, and eve may not.
  private func team() throws -> (SigningTeam, GitSource) {
    let team = try SigningTeam()
    for name in ["ada", "grace", "eve"] { try team.makeKey(name) }
    return (team, try source(of: team))
  }

  private func source(of team: SigningTeam) throws -> GitSource {
    try team.source(try team.signers(["ada", "grace"]), areRequired: true)
  }

  /// Without a good signature nothing is followed, and the one that was good stays in force.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func lastGoodCommitStaysInForce() async throws {
    let (team, source) = try team()
    let unsigned = try team.commit("0")
    let error = await #expect(throws: GitError.self) { _ = try await source.fetch() }
    #expect(
      "\(try #require(error))"
        == "git: accept the commit \(unsigned): not signed, and nothing was accepted before it")
    let good = try team.commit("1", signedBy: "ada")
    #expect(try await source.fetch()?.commit == good)
    for signer in [nil, "eve"] {
      let bad = try team.commit("by \(signer ?? "nobody")", signedBy: signer, ["--amend"])
      let tip = try #require(try await source.fetch())
      #expect(tip.commit == good && tip.rewrittenFrom == nil)
      #expect(tip.refusal?.commit == bad, "\(String(describing: tip.refusal))")
      #expect(tip.signer?.principal == "ada@example.org")
      #expect(try await source.entries(at: tip.commit).map(\.path) == ["models/a.yaml"])
      try team.run(["reset", "--quiet", "--hard", good])
    }
    let next = try team.commit("2", signedBy: "grace")
    let tip = try #require(try await source.fetch())
    #expect(tip.commit == next && tip.refusal == nil && tip.rewrittenFrom == nil)
  }

  /// A good signature on top vouches for nothing below: the commit in between is named, also by a
  /// process that starts later.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func everyCommitSinceIsAsked() async throws {
    let (team, source) = try team()
    let first = try team.commit("1", signedBy: "ada")
    #expect(try await source.fetch()?.commit == first)
    let between = try team.commit("2")
    try team.commit("3", signedBy: "ada")
    for source in [source, try self.source(of: team)] {
      let tip = try #require(try await source.fetch())
      #expect(tip.commit == first && tip.refusal?.commit == between)
      #expect(tip.refusal?.reason == "not signed")
      #expect(try await source.fetch() == tip)
    }
  }

  /// What does not touch the watched folder needs no signature.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func otherFoldersAreNotAsked() async throws {
    let (team, source) = try team()
    try team.commit("1", signedBy: "ada")
    _ = try await source.fetch()
    let other = try team.commit("words", at: "README.md")
    let tip = try #require(try await source.fetch())
    #expect(tip.commit == other && tip.signer == SourceSigner(.unsigned) && tip.refusal == nil)
  }

  /// What confirms a removal is signed, although it changes no file.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func confirmationsAreSigned() async throws {
    let (team, source) = try team()
    let good = try team.commit("1", signedBy: "ada")
    _ = try await source.fetch()
    let confirmation = [
      "commit", "--quiet", "--allow-empty", "-m", "go", "-m", "Serin-Confirm: removal",
    ]
    let unsigned = try team.run(confirmation)
    let tip = try #require(try await source.fetch())
    #expect(tip.commit == good && tip.refusal?.commit == unsigned)
    let signed = try team.run(confirmation + ["--amend"], signedBy: "ada")
    #expect(try await source.fetch()?.commit == signed)
  }

  /// Neither an older commit nor a merge that takes its files brings it back.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func olderVersionsDoNotComeBack() async throws {
    let (team, source) = try team()
    let old = try team.commit("old", signedBy: "ada")
    _ = try await source.fetch()
    let new = try team.commit("new", signedBy: "ada")
    #expect(try await source.fetch()?.commit == new)
    try team.run(["reset", "--quiet", "--hard", old])
    #expect(try await source.fetch()?.refusal?.commit == old)
    for (first, second) in [(old, new), (new, old)] {
      let tree = try team.run(["rev-parse", "\(old)^{tree}"], isCommit: false)
      let merge = try team.run(
        ["commit-tree", tree, "-p", first, "-p", second, "-m", "merge"], isCommit: false)
      try team.run(["reset", "--quiet", "--hard", merge])
      let tip = try #require(try await source.fetch())
      #expect(tip.commit == new && tip.refusal?.commit == merge)
    }
  }

  /// A merge that brings manifests in is signed by whoever merges.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func mergesAreSignedByWhoMerges() async throws {
    let (team, source) = try team()
    try team.commit("1", signedBy: "ada")
    _ = try await source.fetch()
    func branchAndReturn() throws {
      try team.run(["checkout", "--quiet", "-B", "feature"], isCommit: false)
      try team.commit("2", signedBy: "grace")
      try team.run(["checkout", "--quiet", "main"], isCommit: false)
      try team.commit("words", at: "README.md")
    }
    try branchAndReturn()
    let base = try team.run(["rev-parse", "HEAD"], isCommit: false)
    let unsigned = try team.run(["merge", "--quiet", "--no-edit", "feature"])
    #expect(try await source.fetch()?.refusal?.commit == unsigned)
    try team.run(["reset", "--quiet", "--hard", base])
    let signed = try team.run(["merge", "--quiet", "--no-edit", "feature"], signedBy: "ada")
    let tip = try #require(try await source.fetch())
    #expect(tip.commit == signed && tip.refusal == nil)
  }

  /// Rewritten history is followed when its tip is signed, and is still said to be rewritten.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func rewrittenHistoryNeedsASignedTip() async throws {
    let (team, source) = try team()
    try team.commit("1", signedBy: "ada")
    let old = try team.commit("2", signedBy: "ada")
    #expect(try await source.fetch()?.commit == old)
    try team.run(["reset", "--quiet", "--hard", "HEAD~1"])
    let unsigned = try team.commit("words", at: "README.md")
    #expect(try await source.fetch()?.refusal?.commit == unsigned)
    let signed = try team.commit("words", at: "README.md", signedBy: "ada", ["--amend"])
    let tip = try #require(try await source.fetch())
    #expect(tip.commit == signed && tip.refusal == nil && tip.rewrittenFrom == old)
  }

  /// With `fastForwardOnly` no signature makes rewritten history right; what leads back to it does.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: [false, true])
  func rewrittenHistoryIsRefused(areRequired: Bool) async throws {
    let (team, _) = try team()
    let source = try team.source(
      try team.signers(["ada", "grace"]), areRequired: areRequired, isFastForwardOnly: true)
    try team.commit("1", signedBy: "ada")
    let old = try team.commit("2", signedBy: "ada")
    #expect(try await source.fetch()?.commit == old)
    try team.run(["reset", "--quiet", "--hard", "HEAD~1"])
    let rewritten = try team.commit("3", signedBy: "ada")
    for source in [
      source,
      try team.source(
        try team.signers(["ada"]), areRequired: areRequired, isFastForwardOnly: true),
    ] {
      let tip = try #require(try await source.fetch())
      #expect(tip.commit == old && tip.refusal?.commit == rewritten)
      #expect(tip.refusal?.reason.contains("does not lead back to \(old)") == true)
    }
    try team.run(["reset", "--quiet", "--hard", old])
    let next = try team.commit("4", signedBy: "ada")
    let tip = try #require(try await source.fetch())
    #expect(tip.commit == next && tip.refusal == nil && tip.rewrittenFrom == nil)
  }

  /// A signer who is added to the file while the controller runs is one; what was refused is judged again.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func signersAreReadAgain() async throws {
    let (team, _) = try team()
    let file = TemporaryFolder.current.appending(path: "signers")
    try Data(try team.line(of: "ada").utf8).write(to: file)
    let signers = try RenewedValue(of: [file.path]) {
      try SourceSigners(String(contentsOf: file, encoding: .utf8))
    }
    let source = try team.source(SourceRules(signers: signers, areRequired: true))
    let good = try team.commit("1", signedBy: "ada")
    #expect(try await source.fetch()?.commit == good)
    let later = try team.commit("2", signedBy: "eve")
    for _ in 0..<2 { #expect(try await source.fetch()?.commit == good) }
    let both = try team.line(of: "ada") + team.line(of: "eve")
    try Data(both.utf8).write(to: file, options: .atomic)
    #expect(try await source.fetch()?.commit == later)
  }
}
