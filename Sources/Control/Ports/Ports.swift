package import Ledger
package import Rollouts

// The world as the controller sees it: each port is one outside system, and each adapter or fake
// stands behind one port. They throw what their system throws; the controller treats every error
// alike: it says so, looks again later, and never guesses.

/// Where manifests come from: one branch of one git repository.
package protocol Source: Sendable {
  /// Fetches the branch and returns its tip, or nil when the branch does not exist (yet).
  ///
  /// Bounded in time; it may take long, so nothing waits for it.
  func fetch() async throws -> Tip?
  /// Returns every entry of the watched path at `commit`, in path order; none when it is missing.
  func entries(at commit: String) async throws -> [TreeEntry]
  /// Returns the contents of a blob.
  func read(_ blob: String) async throws -> [UInt8]
  /// Returns who changed any of `paths` behind `base` and up to `tip`.
  ///
  /// Without a base, or with one that is not here, those that changed each path last. Bounded: of a
  /// history that is too long, what is known of its newest part.
  func changes(of paths: [String], since base: String?, until tip: String) async throws
    -> SourceChanges
  /// Returns the commits that changed a path last, behind `base` and up to `tip`.
  ///
  /// One, or several where lines of history met and none of them came after the others. Nil when that
  /// cannot be told, as behind a commit that cannot be read.
  func lastChanges(of path: String, since base: String?, until tip: String) async throws
    -> [SourceChange]?
}

/// The commit that a branch points to.
package struct Tip: Equatable, Sendable {
  package let commit: String
  /// "Ada Lovelace <ada@example.org>".
  package let author: String
  package let message: String
  /// The tip before, when history was rewritten since: this one does not descend from it.
  package let rewrittenFrom: String?
  /// What is known of the commit's signature; nil without one, when no signers are configured.
  package let signer: SourceSigner?
  /// Why the branch's real tip is not followed: this is the last one that was accepted.
  package let refusal: CommitRefusal?
  /// A commit since the tip before that cannot be read, so that nobody knows what lies behind it.
  package let unreadable: CommitRefusal?

  package init(
    commit: String, author: String, message: String, rewrittenFrom: String?,
    signer: SourceSigner? = nil, refusal: CommitRefusal? = nil, unreadable: CommitRefusal? = nil
  ) {
    self.commit = commit
    self.author = author
    self.message = message
    self.rewrittenFrom = rewrittenFrom
    self.signer = signer
    self.refusal = refusal
    self.unreadable = unreadable
  }
}

/// A commit that the operator's rules do not let through.
package struct CommitRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  package let commit: String
  package let reason: String

  package init(commit: String, reason: String) {
    self.commit = commit
    self.reason = reason
  }

  package var description: String { "commit \(commit): \(reason)" }
}

/// One entry of a git tree.
package struct TreeEntry: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case file, symbolicLink, submodule
    /// What cannot be read, and why.
    case unreadable(String)
    /// A folder that is not read to its end, and why.
    case unreadFolder(String)
  }

  /// From the root of the repository, with "/" between the parts.
  package let path: String
  package let kind: Kind
  package let blob: String
  /// In bytes, known before the contents are read; 0 for what is not a file or a link.
  package let size: Int

  package init(path: String, kind: Kind, blob: String, size: Int) {
    self.path = path
    self.kind = kind
    self.blob = blob
    self.size = size
  }
}

/// What serves models: one data plane of those that the operator configured.
package protocol Runtime: Sendable {
  /// Makes `plan` so for one deployment, as far as is possible now.
  ///
  /// Idempotent, level-triggered and quick: loading goes on in the background and shows in
  /// `observe`. Traffic moves only to revisions that are ready. A plan of an older generation than
  /// one applied before is refused.
  func apply(_ plan: Plan, to deployment: DeploymentName) async throws
  /// Makes `plan` so, and may show people which record it is of.
  ///
  /// It is named by its number on the ledger's branch; nil while it is not there, or when it is not known any more.
  func apply(_ plan: Plan, recordedAs record: Int?, to deployment: DeploymentName) async throws
  /// Returns what is really so, for every deployment that was applied or adopted.
  ///
  /// Bounded in time, as `apply` is: a look waits for the slowest runtime.
  func observe() async throws -> [DeploymentName: RuntimeState]
  /// Does nothing more of what was applied, until the next plan: another controller applies plans to it now.
  func rest() async
}

// A runtime of this controller's own has nobody to make room for, and shows people nothing.
extension Runtime {
  package func rest() {}

  package func apply(
    _ plan: Plan, recordedAs record: Int?, to deployment: DeploymentName
  ) async throws {
    try await apply(plan, to: deployment)
  }
}

/// What a runtime says of one deployment.
package struct RuntimeState: Equatable, Sendable {
  package let readiness: [Revision.ID: Readiness]
  /// How the servers of revisions ended by themselves, of those that did.
  package let crashes: [Revision.ID: Crash]
  /// The newest answer of each revision that counted as an error, as far as it was kept.
  package let errorSamples: [Revision.ID: ErrorSample]
  /// The generation of the applied plan whose traffic was verified to be in force.
  package let generationInForce: Int?
  /// Whether a server may have something to answer before it counts, which only a plan of this life says.
  package let isUntold: Bool

  package init(
    readiness: [Revision.ID: Readiness], crashes: [Revision.ID: Crash] = [:],
    errorSamples: [Revision.ID: ErrorSample] = [:], generationInForce: Int?,
    isUntold: Bool = false
  ) {
    self.readiness = readiness
    self.crashes = crashes
    self.errorSamples = errorSamples
    self.generationInForce = generationInForce
    self.isUntold = isUntold
  }

  /// Whether all of a plan is so: its traffic is in force, what it asks for is ready, and nothing else is there.
  func shows(_ plan: Plan) -> Bool {
    generationInForce == plan.generation && readiness.count == plan.loaded.count
      && plan.loaded.allSatisfy { readiness[$0.id] == .ready }
  }
}

/// What the clients of one runtime were answered.
package protocol Telemetry: Sendable {
  /// Returns every counter as it stands: each cumulative since the epoch of its series.
  func counters() async throws -> Counters
}

/// The time of day, and waiting for it.
package protocol WallClock: Sendable {
  var now: Instant { get }
  func sleep(for duration: Duration) async throws
}

/// Where the memory of a look survives a crash: small files beside the controller.
///
/// A checkpoint belongs to one record of the ledger. It is written BEFORE the record is committed, so
/// after a crash the one whose number the ledger knows is the right one.
package protocol Checkpoints: Sendable {
  func load(_ deployment: DeploymentName, seq: Int) async throws -> [UInt8]?
  func save(_ bytes: [UInt8], for deployment: DeploymentName, seq: Int) async throws
  /// Returns the lines of a part beside a checkpoint, oldest first; without the last one when it is not whole.
  func lines(of deployment: DeploymentName, seq: Int, part: String) async throws -> [String]
  /// Writes lines, which hold no line break, into a part beside a checkpoint: in place of those that are there,
  /// or behind them.
  func write(
    _ lines: [String], addingTo adds: Bool, for deployment: DeploymentName, seq: Int, part: String
  ) async throws
  /// Returns the epochs whose owner cannot be another controller: this one's own folder had them,
  /// one after the other, or nobody had any before.
  func lease() async throws -> [Claim]
  func setLease(_ claims: [Claim]) async throws
  /// Returns the claims that were made from this folder, the newest last.
  func claims() async throws -> [Claim]
  func setClaims(_ claims: [Claim]) async throws
  /// Removes every checkpoint of the deployment but the one of `seq`, and every part but this one of it.
  func discard(_ deployment: DeploymentName, except seq: Int, part: String?) async throws
}
