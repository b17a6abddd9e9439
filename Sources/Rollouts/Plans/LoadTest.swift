import Analysis
package import Profiles

/// A load that a candidate must bear before it gets any traffic: made-up requests, and how many of them may be
/// slow or fail.
package struct LoadTest: Equatable, Sendable, Codable {
  /// 1 to 1000, to all servers of the revision together.
  package let requestsPerSecond: Int
  @InMilliseconds package var duration: Duration
  /// In milliseconds: what takes as long or longer is slow.
  package let below: Objective.Milliseconds
  /// The share of the requests that may be slow.
  package let slow: Ratio
  /// The share of the requests that may fail.
  package let failed: Ratio
  /// What the values of the requests are drawn from; nil in a manifest whose drift settings hold the profile, or
  /// whose model has none.
  package var features: [ProfileColumn]?
  /// Where requests lie that were recorded; nil for requests that are made up.
  package let recorded: Recorded?

  /// A file of requests, which its digest vouches for.
  package struct Recorded: Equatable, Sendable, Codable {
    package let uri: String
    package let digest: String

    package init(uri: String, digest: String) { (self.uri, self.digest) = (uri, digest) }
  }

  /// More would load the controller as much as the model.
  package static let mostRequests = 100_000
  /// Requests under way at once to a revision: each is a connection, and a thread of many servers.
  package static let mostUnderWay = 256

  package init(
    requestsPerSecond: Int, duration: Duration, below: Objective.Milliseconds, slow: Ratio,
    failed: Ratio, features: [ProfileColumn]? = nil, recorded: Recorded? = nil
  ) {
    self.requestsPerSecond = requestsPerSecond
    _duration = InMilliseconds(wrappedValue: duration)
    (self.below, self.slow, self.failed) = (below, slow, failed)
    self.features = features
    self.recorded = recorded
  }

  /// How many requests there are in all, one at least.
  package var requests: Int {
    max(1, requestsPerSecond.multiplied(saturating: Int(duration.inMilliseconds)) / 1000)
  }
}

/// The revision that a load test is for.
package struct LoadTestOrder: Equatable, Sendable, Codable {
  package let revision: Revision.ID
  package let test: LoadTest

  package init(revision: Revision.ID, test: LoadTest) {
    (self.revision, self.test) = (revision, test)
  }
}

/// What became of the requests of a load test, to one server.
package struct LoadCounts: Equatable, Sendable {
  /// Answered or failed, or not sent because too many were under way.
  package var done: Int
  /// Those that took too long; one that could not be sent in time did.
  package var slow: Int
  package var failed: Int

  package init(done: Int = 0, slow: Int = 0, failed: Int = 0) {
    (self.done, self.slow, self.failed) = (done, slow, failed)
  }
}

extension LoadTest {
  /// Which promise a candidate breaks.
  package enum Breach: Equatable, Sendable { case slow, failed }

  /// How often a candidate that keeps one of the two promises may be rejected all the same.
  private static let alpha = 0.005

  /// Says which promise is broken, however the requests end of which nothing is known yet.
  ///
  /// A promise is broken when what was counted excludes, with 99.5 % confidence, that the share of bad requests
  /// is the allowed one. So noise rejects no candidate. What remains open passes: clients meet the candidate
  /// next, and are counted by the checks.
  ///
  /// - Parameters:
  ///   - counts: What became of the requests so far.
  ///   - requests: How many there are to be in all.
  /// - Returns: nil when none is broken, or when it may be chance.
  package func breach(of counts: LoadCounts, among requests: Int) -> Breach? {
    if isMore(counts.failed, of: requests, than: failed) { return .failed }
    return isMore(counts.slow, of: requests, than: slow) ? .slow : nil
  }

  /// Whether a test of this length can show that a promise is kept: with no bad request, more is excluded.
  package var canProve: Bool {
    guard let spotless = Trials(bad: 0, total: requests) else { return false }
    return confidenceInterval(of: spotless, alpha: Self.alpha).high <= min(slow, failed).value
  }

  private func isMore(_ bad: Int, of requests: Int, than allowed: Ratio) -> Bool {
    guard let trials = Trials(bad: min(bad, requests), total: requests) else { return false }
    return confidenceInterval(of: trials, alpha: Self.alpha).low > allowed.value
  }
}

extension Rollout {
  /// What the candidate has to bear while it is prepared; nil when that is nothing.
  ///
  /// Clients wait for a revision that comes back in a hurry; and a server that is started again later is not
  /// held up, since the phase is another by then.
  var loadTest: LoadTestOrder? {
    guard case .preparing = phase, let candidate, !isReversal(to: candidate),
      var test = deployment?.loadTest
    else { return nil }
    if test.recorded == nil {
      test.features = test.features ?? deployment?.drift?.profile.features
    }
    return LoadTestOrder(revision: candidate.id, test: test)
  }
}
