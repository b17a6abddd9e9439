package import Rollouts

/// Takes in what the payload loggers of a cluster's servers send.
package protocol PayloadLogReceiver: Sendable {
  /// Whether whoever has this address may send anything; asked before a body is read.
  func mayLog(from address: String?) -> Bool

  /// Takes one event of the binary mode, and never waits.
  ///
  /// - Parameters:
  ///   - headers: All of the request's, in their order.
  ///   - body: The whole body, as it was sent.
  ///   - address: Where it came from; nil when that is not known.
  /// - Returns: What became of it.
  func receive(
    headers: [(name: String, value: String)], body: [UInt8], from address: String?
  ) -> EventReceipt
}

/// Knows the servers of a runtime by the names that their cluster has for them.
package protocol ServerDirectory: Sendable {
  /// Returns what a name stands for; nil when it is none of the runtime's, or nothing is wanted of its deployment.
  func server(called name: String, in namespace: String) -> LoggedServer?

  /// Whether any of these servers has the address.
  func hasServer(at address: String?) -> Bool
}

/// A server whose payloads are wanted.
package struct LoggedServer: Equatable, Sendable {
  package let deployment: DeploymentName
  package let revision: Revision.ID
  /// How much of what it sends is looked at.
  package let sampling: SampleRate
  /// Where its events may come from; nil for anywhere.
  package let addresses: Set<String>?

  package init(
    deployment: DeploymentName, revision: Revision.ID, sampling: SampleRate,
    addresses: Set<String>?
  ) {
    self.deployment = deployment
    self.revision = revision
    self.sampling = sampling
    self.addresses = addresses
  }

  /// Whether an event of this server may come from there.
  package func isReached(from address: String?) -> Bool {
    addresses.map { addresses in address.map(addresses.contains) ?? false } ?? true
  }
}

/// What became of the events of payload loggers, since the start.
package struct PayloadLogCounts: Equatable, Sendable {
  package enum Outcome: String, CaseIterable, Sendable {
    case taken
    /// Its id is none of the share that is looked at.
    case unsampled
    /// Its revision is neither stable nor the candidate of a deployment that is watched.
    case unwanted
    /// It names a server that is not wanted or not known, or comes from elsewhere.
    case unknown
    /// It is no event of an inference.
    case malformed
  }

  package var counts: [Outcome: Int] = [:]

  package init(_ counts: [Outcome: Int] = [:]) { self.counts = counts }
}
