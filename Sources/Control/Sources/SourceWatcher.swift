import Encoding
package import Logging
package import Manifests
package import Rollouts

/// Follows the branch, so that nothing else ever waits for the network.
package actor SourceWatcher {
  private let source: any Source
  private let logger: Logger
  private let failures: DeduplicatedErrors
  private var catalog: Catalog
  private var tip: Tip?
  /// Where deployments came from, as the ledger says; taken over with the next commit that is read.
  private var remembered: [DeploymentName: String] = [:]
  /// Whether the branch was read since the start.
  package private(set) var hasReadSource = false
  /// When the last fetch began that was answered.
  package private(set) var fetchedAt: Instant?
  /// Why nothing new is followed, as the last fetch showed; nil when it is.
  package private(set) var refusal: CommitRefusal?
  private var said: Set<Diagnostic> = []
  private var saidCommit: String?

  package init(
    source: any Source, runtimes: [String], rules: NamespaceRules = NamespaceRules(), logger: Logger
  ) {
    self.source = source
    catalog = Catalog(runtimes: runtimes, rules: rules)
    self.logger = logger
    failures = DeduplicatedErrors(logger: logger)
  }

  /// Remembers which file each deployment came from before this process started.
  package func remember(_ paths: [DeploymentName: String]) {
    remembered.merge(paths) { $1 }
    // What is gone from the tip must be judged again, with what the ledger knows.
    tip = nil
  }

  /// Fetches once; returns what the branch asks for when that is new.
  ///
  /// - Parameters:
  ///   - now: The moment.
  ///   - recorded: Returns what the newest record of each deployment is about.
  /// - Returns: What is asked for; nil when that is not new, or cannot be read.
  package func poll(
    at now: Instant,
    after recorded: () async -> [DeploymentName: RecordedManifest] = { [:] }
  ) async -> Snapshot? {
    let fetched = await failures.run("fetch the manifests") {
      try await Fetched(tip: self.source.fetch())
    }
    guard let fetched else { return nil }
    fetchedAt = now
    guard let tip = fetched.tip else {
      await noteMissingBranch()
      return nil
    }
    await failures.settle("find the branch")
    await noteRefusal(tip.refusal)
    if let unreadable = tip.unreadable {
      logger.warning("a commit of the manifests cannot be read: \(unreadable)")
    }
    guard tip.commit != self.tip?.commit else { return nil }
    return await read(tip, recorded)
  }

  private struct Fetched { let tip: Tip? }

  private func read(
    _ tip: Tip, _ recorded: () async -> [DeploymentName: RecordedManifest]
  ) async -> Snapshot? {
    var catalog = self.catalog
    let paths = remembered
    for (name, path) in paths { catalog.remember(name, from: path) }
    do {
      let entries = try await source.entries(at: tip.commit)
      let recorded = await recorded()
      let history = SourceHistory(recorded: recorded) { [source] path, base in
        try await source.lastChanges(of: path, since: base, until: tip.commit)
      }
      var snapshot = try await catalog.snapshot(
        of: tip, entries: entries, servedBy: recorded.compactMapValues(\.runtime), after: history
      ) { try await self.source.read($0) }
      let attribution = Attribution(snapshot: snapshot, recorded: recorded, source: source)
      // Not to know who asked is no reason not to follow; it is tried again with the next poll.
      let changes = await failures.run("find out who changed the manifests") {
        try await attribution.changes()
      }
      snapshot.changes = changes ?? [:]
      self.catalog = catalog
      // Something more may have been remembered meanwhile: then the next poll reads again.
      if remembered == paths, changes != nil, snapshot.isWhole {
        (self.tip, remembered) = (tip, [:])
      }
      hasReadSource = true
      await failures.settle("read the manifests")
      await say(snapshot)
      return snapshot
    } catch {
      await failures.note("read the manifests", error)
      return nil
    }
  }

  private func noteMissingBranch() async {
    struct MissingBranch: Error, CustomStringConvertible {
      let description = "the branch to watch does not exist (yet); what serves goes on serving"
    }
    await failures.note("find the branch", MissingBranch())
  }

  private func noteRefusal(_ refusal: CommitRefusal?) async {
    self.refusal = refusal
    guard let refusal else { return await failures.settle(Self.acceptance) }
    await failures.note(Self.acceptance, refusal)
  }

  private static let acceptance = "accept the manifests, so that the last good ones stay in force"

  private func say(_ snapshot: Snapshot) async {
    var metadata: Logger.Metadata = [
      "commit": "\(snapshot.tip.commit.prefix(12))", "deployments": "\(snapshot.wanted.count)",
    ]
    if !snapshot.unchanged.isEmpty {
      let names = snapshot.unchanged.sorted().map(\.description).joined(separator: " ")
      metadata["stay-at-the-last-good-version"] = "\(names)"
    }
    if let old = snapshot.tip.rewrittenFrom, saidCommit != snapshot.tip.commit {
      metadata["rewritten-from"] = "\(old.prefix(12))"
      logger.warning("the history of the manifests was rewritten", metadata: metadata)
    } else if saidCommit != snapshot.tip.commit {
      logger.info("manifests", metadata: metadata)
    }
    saidCommit = snapshot.tip.commit
    let problems = Set(snapshot.diagnostics)
    for problem in snapshot.diagnostics where !said.contains(problem) {
      logger.log(
        level: problem.severity == .error ? .warning : .notice, "\(problem)",
        metadata: problem.hint.map { ["hint": "\(DisplayText.safe($0))"] })
    }
    said = problems
  }
}
