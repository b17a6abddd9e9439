package import Logging
import Manifests
package import Rollouts

/// Follows the branch, so that nothing else ever waits for the network.
package actor SourceWatcher {
  private let source: any Source
  private let logger: Logger
  private let complaints: Complaints
  private var catalog: Catalog
  private var tip: Tip?
  /// Whether a fetch has worked since the start.
  package private(set) var hasReachedRemote = false
  private var said: Set<Diagnostic> = []

  package init(source: any Source, runtimes: Set<String>, logger: Logger) {
    self.source = source
    catalog = Catalog(runtimes: runtimes)
    self.logger = logger
    complaints = Complaints(logger: logger)
  }

  /// Remembers which file each deployment came from before this process started.
  package func remember(_ paths: [DeploymentName: String]) {
    for (name, path) in paths { catalog.remember(name, from: path) }
  }

  /// Fetches once; returns what the branch asks for when that is new.
  package func poll() async -> Snapshot? {
    let fetched = await complaints.run("fetch the manifests") {
      try await Fetched(tip: self.source.fetch())
    }
    guard let fetched else { return nil }
    hasReachedRemote = true
    guard let tip = fetched.tip else {
      await noteMissingBranch()
      return nil
    }
    guard tip.commit != self.tip?.commit else { return nil }
    return await read(tip)
  }

  private struct Fetched { let tip: Tip? }

  private func read(_ tip: Tip) async -> Snapshot? {
    var catalog = self.catalog
    do {
      let entries = try await source.entries(at: tip.commit)
      let snapshot = try await catalog.snapshot(of: tip, entries: entries) {
        try await self.source.read($0)
      }
      (self.tip, self.catalog) = (tip, catalog)
      await complaints.settle("read the manifests")
      await say(snapshot)
      return snapshot
    } catch {
      await complaints.note("read the manifests", error)
      return nil
    }
  }

  private func noteMissingBranch() async {
    struct MissingBranch: Error, CustomStringConvertible {
      let description = "the branch does not exist; what serves goes on serving"
    }
    await complaints.note("find the branch", MissingBranch())
  }

  private func say(_ snapshot: Snapshot) async {
    await complaints.settle("find the branch")
    var metadata: Logger.Metadata = [
      "commit": "\(snapshot.tip.commit.prefix(12))", "deployments": "\(snapshot.wanted.count)",
    ]
    if let old = snapshot.tip.rewrittenFrom {
      metadata["rewritten-from"] = "\(old.prefix(12))"
      logger.warning("the history of the manifests was rewritten", metadata: metadata)
    } else {
      logger.info("manifests", metadata: metadata)
    }
    let problems = Set(snapshot.diagnostics)
    for problem in snapshot.diagnostics where !said.contains(problem) {
      logger.log(level: problem.severity == .error ? .warning : .notice, "\(problem)")
    }
    said = problems
  }
}
