import ArgumentParser
import Ledger
import Simulation

/// How fast an audit goes through a ledger as real rollouts leave it.
///
/// The ledger is the real controller's, of rollouts with the default steps and looks against simulated
/// time. Reading git is not part of it: `serin audit verify` on a clone does that, too.
struct AuditSpeed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Measure how fast decisions are verified and made again.")

  @Option(help: "Deployments, each with a new version every two hours.") var deployments = 10
  @Option(help: "Versions of each.") var versions = 7

  func run() throws {
    let changes = ledger()
    let key = SigningKey(comment: "")
    let commits = try LedgerDraft.commits(of: LedgerDraft.drafts(of: changes, key: key))
    let signers = try AllowedSigners(AllowedSigners.line(for: key.publicKey, of: "simulation"))
    let sizes = changes.map { $0.files.values.reduce(0) { $0 + $1.count } }
    print("decisions               \(commits.count)")
    print("bytes of each           \(sizes.reduce(0, +) / max(1, sizes.count)), uncompressed")
    for replays in [false, true] {
      let began = ContinuousClock.now
      var audit = LedgerAudit(signers: signers, replays: replays)
      for commit in commits { try audit.check(commit) }
      let seconds = (ContinuousClock.now - began) / .seconds(1)
      let what = replays ? "and made again" : "verified"
      print(
        "\(what.padded(to: 24))\(whole(Double(commits.count) / seconds)) decisions per second")
    }
  }

  private func ledger() -> [LedgerChange] {
    let scenario = Scenario(seed: 1, faults: World.Faults(crash: 0, hiccup: 0))
    let (deployments, versions) = (deployments, versions)
    scenario.run(for: .seconds(7200 * versions)) { world, clock in
      for version in 1...versions {
        let files = (1...deployments).map { ("model-\($0).yaml", Self.manifest($0, version)) }
        world.commit(Dictionary(uniqueKeysWithValues: files))
        await clock.sleep(for: .seconds(7200))
      }
    }
    return scenario.world.ledger
  }

  private static func manifest(_ number: Int, _ version: Int) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: model-\(number), namespace: team-\(number % 3)}
    spec:
      model:
        version: "\(version)"
        uri: file:///models/\(number)/\(version)
        digest: sha256:\(String(repeating: "\(version % 10)", count: 64))
        format: sklearn
      slos:
        - errors: {below: 1%}
        - latency: {percentile: 99, below: 250ms}
    """
  }
}
