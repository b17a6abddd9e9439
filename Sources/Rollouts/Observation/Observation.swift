package import Analysis

/// Everything the core is told about the world, in one value.
package struct Observation: Equatable, Sendable {
  package private(set) var now: Instant
  package let desired: Desired
  /// What the runtime says of each revision it knows; a revision it does not mention is absent.
  package let readiness: [Revision.ID: Readiness]
  /// Whether any of them failed, which hardly any look sees.
  private let hasFailure: Bool
  /// How the servers of revisions ended by themselves, of those that did.
  package let crashes: [Revision.ID: Crash]
  /// The generation of the plan whose traffic is in force, or nil when none was verified.
  package let generationInForce: Int?
  /// What each revision answered since the previous observation; nil when it could not be read.
  package private(set) var counts: RevisionCounts?
  /// Why risk may not grow now; none when it may.
  package let restrictions: Set<Restriction>
  /// The other members of the group, by name; none without a group.
  package let peers: [Peer]
  /// The rules to decide by.
  package let engine: Engine

  package init(
    now: Instant, desired: Desired, readiness: [Revision.ID: Readiness] = [:],
    crashes: [Revision.ID: Crash] = [:], generationInForce: Int? = nil,
    counts: [Revision.ID: Counts]? = [:], restrictions: Set<Restriction> = [],
    peers: [Peer] = [], engine: Engine = .current
  ) {
    self.init(
      now: now, desired: desired, readiness: readiness, crashes: crashes,
      generationInForce: generationInForce, told: counts.map(RevisionCounts.init),
      restrictions: restrictions, peers: peers, engine: engine)
  }

  package init(
    now: Instant, desired: Desired, readiness: [Revision.ID: Readiness],
    crashes: [Revision.ID: Crash], generationInForce: Int?, told counts: RevisionCounts?,
    restrictions: Set<Restriction>, peers: [Peer], engine: Engine
  ) {
    self.now = now
    self.desired = desired
    self.readiness = readiness
    hasFailure = readiness.values.contains(where: \.isFailed)
    self.crashes = crashes
    self.generationInForce = generationInForce
    self.counts = counts
    self.restrictions = restrictions
    self.peers = peers
    self.engine = engine
  }

  /// Whether risk may grow.
  var mayAdvance: Bool { restrictions.isEmpty }

  /// Moves on to the next look, which differs in nothing else.
  ///
  /// `tell` makes of the counts of the look before, whose memory serves again, those of this one.
  package mutating func move<Result>(
    to now: Instant, _ tell: (inout RevisionCounts) -> Result
  ) -> Result {
    self.now = now
    var told = counts ?? RevisionCounts([:])
    counts = nil
    defer { counts = told }
    return tell(&told)
  }

  /// Returns that a revision will not become ready without a change; nil while it may.
  func failure(of revision: Revision?) -> Failure? {
    guard hasFailure, let revision, case .failed(let why) = readiness[revision.id] else {
      return nil
    }
    return Failure(detail: Detail(why))
  }

  /// What the runtime says of a revision beyond repair.
  struct Failure {
    let detail: Detail?
  }
}

/// What the repository asks for.
package enum Desired: Equatable, Sendable {
  case deployment(Deployment)
  /// The manifest is wrong or its removal is held: the last good version stays in force.
  case unchanged
  /// The manifest is gone, and that was not an accident.
  case removed
}

/// How far a revision is from answering requests.
package enum Readiness: Equatable, Sendable {
  case absent
  /// Being fetched, verified, loaded or restarted; the text says which.
  case preparing(String)
  case ready
  /// It will not become ready without a change: wrong digest, no such artifact, crash loop.
  case failed(String)

  fileprivate var isFailed: Bool { if case .failed = self { true } else { false } }
}

/// What one revision answered.
package struct Counts: Equatable, Sendable, Codable {
  package private(set) var requests: Int
  /// Requests that ended in a 5xx, a reset or a timeout.
  package private(set) var errors: Int
  /// How long the answers took; a timeout counts as longer than every edge.
  package private(set) var latency: Histogram
  private var sampled: Shared<SampleCounts>?

  private enum CodingKeys: String, CodingKey { case requests, errors, latency, sampled = "samples" }

  package init(
    requests: Int, errors: Int, latency: Histogram, samples: SampleCounts? = nil
  ) {
    self.requests = requests
    self.errors = errors
    self.latency = latency
    sampled = samples.map { Shared($0) }
  }

  /// What a sample of them held; nil when nothing is sampled.
  package var samples: SampleCounts? { sampled?.value }

  /// Counts anew, with the same edges.
  package mutating func recount(
    requests: Int, errors: Int, samples: SampleCounts?, latency count: (_ bucket: Int) -> Int
  ) {
    (self.requests, self.errors) = (requests, errors)
    latency.recount(count)
    sampled = samples.map { Shared($0) }
  }

  package static let none = Counts(requests: 0, errors: 0, latency: .empty)

  /// Returns the counts with what was sampled beside them.
  package func with(_ samples: SampleCounts?) -> Counts {
    Counts(requests: requests, errors: errors, latency: latency, samples: samples)
  }

  /// Returns what was counted since `earlier`, without samples, or everything when the counters started again.
  ///
  /// They start again together: latencies that went back while the requests did not are no difference
  /// of the same requests.
  package func since(_ earlier: Counts?) -> Counts {
    guard let earlier, requests >= earlier.requests, errors >= earlier.errors,
      let latency = latency.growth(since: earlier.latency)
    else { return self }
    return Counts(
      requests: requests - earlier.requests, errors: errors - earlier.errors, latency: latency)
  }

  /// Returns what two sources counted of one revision, without samples.
  package func adding(_ other: Counts) -> Counts {
    Counts(
      requests: requests.adding(saturating: other.requests),
      errors: errors.adding(saturating: other.errors), latency: latency.adding(other.latency))
  }
}
