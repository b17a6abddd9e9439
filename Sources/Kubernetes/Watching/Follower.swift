import Foundation
import HTTP
package import Logging

/// Follows the objects of a type: a list, and then a watch for as long as it is wanted.
///
/// Nothing is asked while nothing changes, but for a watch anew every few minutes. A server that is away leaves the
/// objects as they were last known; how long ago that is stands beside them.
package actor Follower<Object: ClusterObject> {
  private let client: KubernetesClient
  private let type: ResourceType
  private let namespace: String?
  private let labels: String?
  private let logger: Logger
  private let report: @Sendable ([Change<Object>]) async -> Void
  private var state = Following<Object>()
  private var waits = Waits()
  /// When the server last said how things are; nil before the first list.
  package private(set) var heardAt: ContinuousClock.Instant?
  /// Since when it cannot be asked; nil while it can.
  private var failingSince: ContinuousClock.Instant?
  /// What was said of it last, which is not said again.
  private var complaint: String?

  /// For how long nothing is known of the server; nil while it is followed.
  package var silence: Duration? {
    if let failingSince { return .now - failingSince }
    guard let heardAt else { return nil }
    let silence = .now - heardAt
    return silence > Self.longestWatch ? silence : nil
  }

  /// A watch ends after five minutes, if there is nothing to tell.
  private static var longestWatch: Duration { .seconds(400) }

  package var objects: [ObjectName: Object] { state.objects }

  /// Creates the value; `labels` is a selector, as "app=iris", and nil for all.
  ///
  /// `report` gets what changed, in its order; the next change waits until it returns. A list is told when nothing is in
  /// it, too.
  package init(
    _ client: KubernetesClient, _ type: ResourceType, in namespace: String?,
    labels: String? = nil, logger: Logger,
    report: @escaping @Sendable ([Change<Object>]) async -> Void
  ) {
    self.client = client
    self.type = type
    self.namespace = namespace
    self.labels = labels
    self.logger = logger
    self.report = report
  }

  /// Follows until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      let begun = ContinuousClock.now
      var failure: (any Error)?
      do {
        if state.version == nil { try await list() }
        try await watch()
      } catch is CancellationError {
        return
      } catch {
        note(error)
        failure = error
      }
      let wait = waits.next(
        afterRoundOf: .now - begun, hasFailed: failure != nil,
        noSoonerThan: (failure as? KubernetesError)?.retryAfter ?? .zero)
      try? await Task.sleep(for: wait)
    }
  }

  private func list() async throws {
    let listing = try await client.list(type, in: namespace, labels: labels, as: Object.self)
    (heardAt, failingSince) = (.now, nil)
    noteNews()
    for reason in listing.unreadable.prefix(Self.mostTold) { leaveOut(reason) }
    await report(state.take(listing))
  }

  private func watch() async throws {
    guard let version = state.version else { return }
    let body = try await client.watch(type, in: namespace, labels: labels, from: version)
    (heardAt, failingSince) = (.now, nil)
    // The server may leave a stream open that it has ended.
    defer { body.cancel() }
    var (lines, isSilent) = (LineSplitter(), true)
    for try await chunk in body {
      (heardAt, isSilent) = (.now, false)
      guard let whole = lines.take(chunk) else {
        throw KubernetesError(.invalid, "WATCH \(type.plural)", "a line is too long")
      }
      for line in whole { try await take(line) }
    }
    // A version from the future is answered with silence, as after a restore of the cluster's memory.
    if isSilent { state.begin() }
  }

  private func take(_ line: [UInt8]) async throws {
    let event: WatchEvent<Object>
    do {
      event = try JSONDecoder().decode(WatchEvent<Object>.self, from: Data(line))
    } catch {
      return leaveOut("\(error)")
    }
    if let change = state.take(event) { await tell([change]) }
    if case .failure(let kind, let message, let retryAfter) = event {
      throw KubernetesError(kind, "WATCH \(type.plural)", message, retryAfter: retryAfter)
    }
    noteNews()
  }

  private static var mostTold: Int { 10 }

  private func leaveOut(_ reason: String) {
    logger.warning(
      "an object of the cluster cannot be read, and is left out",
      metadata: ["type": "\(type.plural)", "error": "\(reason)"])
  }

  private func tell(_ changes: [Change<Object>]) async {
    if !changes.isEmpty { await report(changes) }
  }

  /// Notes that the server tells something: a watch that is only accepted may break each time.
  private func noteNews() {
    guard complaint != nil else { return }
    complaint = nil
    logger.info("the cluster is followed again", metadata: ["type": "\(type.plural)"])
  }

  private func note(_ error: any Error) {
    if let error = error as? KubernetesError, error.kind == .expired {
      state.begin()
      logger.debug("the watch begins anew", metadata: ["type": "\(type.plural)"])
      return
    }
    failingSince = failingSince ?? .now
    let text = "\(error)"
    guard complaint != text else { return }
    complaint = text
    logger.warning(
      "the cluster cannot be followed; trying again",
      metadata: ["type": "\(type.plural)", "error": "\(text)"])
  }
}

/// How long to wait before the next watch: longer and longer while none lasts.
struct Waits {
  private var failures = 0

  private static let longest = Duration.seconds(30)
  /// A watch that lasted so long was one.
  private static let steady = Duration.seconds(5)

  /// Returns how long to wait: as long as the server asked for, where that is longer.
  mutating func next(
    afterRoundOf length: Duration, hasFailed: Bool, noSoonerThan asked: Duration = .zero
  ) -> Duration {
    guard hasFailed || length < Self.steady else {
      failures = 0
      return .zero
    }
    defer { failures = min(failures + 1, 10) }
    return max(min(.milliseconds(100) * (1 << failures), Self.longest), asked)
  }
}
