import Console
import Control
import Rollouts
import TestKit
import Threads

/// A console whose surroundings a test decides about.
final class Stage: EventReceiver, PayloadIntake {
  struct State {
    var report = Stage.report()
    var receipt = EventReceipt.accepted
    var events: [(headers: [(name: String, value: String)], body: [UInt8])] = []
    var labels: [Label] = []
    var conversions: [Conversion] = []
    var reports: [BatchReport] = []
  }

  let state = Lock(State())
  let refresh = RefreshTrigger()
  let log = CapturedLog()

  static let token = "the-token-of-every-team"
  static let tokenOfPayments = "the-token-of-payments-alone"
  static let tokens = Tokens([(Tokens.every, token), ("payments", tokenOfPayments)])

  static let secret = "correct horse battery staple"

  var events: [[UInt8]] { state.withLock { $0.events.map(\.body) } }
  var labels: [Label] { state.withLock { $0.labels } }
  var conversions: [Conversion] { state.withLock { $0.conversions } }
  var reports: [BatchReport] { state.withLock { $0.reports } }

  /// Events of these tests name a namespace in a header, or none.
  func receive(
    headers: [(name: String, value: String)], body: [UInt8], mayName: (String) -> Bool
  ) -> EventReceipt {
    let namespace = headers.first { $0.name == "ce-namespace" }?.value
    guard mayName(namespace ?? "payments") else { return .forbidden }
    return state.withLock { state in
      state.events.append((headers, body))
      return state.receipt
    }
  }

  func take(_ event: PayloadEvent) {}
  func take(_ label: Label) { state.withLock { $0.labels.append(label) } }
  func take(_ conversion: Conversion) {
    state.withLock { $0.conversions.append(conversion) }
  }
  func noteLost(_ count: Int, of deployment: DeploymentName?) {}

  func console(port: Int = 0, limits: ConsoleLimits = ConsoleLimits.patient) -> Console {
    let webhook = Webhook(secret: Self.secret.utf8, refresh: refresh)
    return Console(
      host: "127.0.0.1", port: port,
      ports: ConsolePorts(
        report: { self.state.withLock { $0.report } },
        intake: {
          IntakeCounts(
            taken: 1200, dropped: 3,
            pairs: PairCounts(same: 97, different: 2, incomparable: 1, alone: [.stable: 900]),
            conversions: ConversionCounts(
              joined: 310, waiting: 4, unknown: 5, doubled: 60, otherMetric: 7, dropped: 8,
              turnedAway: 9))
        }, events: self, labels: self,
        reports: { report in
          self.state.withLock { state in
            state.reports.append(report)
            return state.receipt
          }
        },
        tokens: Self.tokens.map(always), webhook: webhook.map(always)),
      limits: limits, logger: log.logger)
  }

  /// Serves while `body` runs.
  func serving(
    _ limits: ConsoleLimits = ConsoleLimits.patient, _ body: (_ port: Int) async throws -> Void
  ) async throws {
    try await console(limits: limits).serving(body)
  }

  private static let apart = [
    DeploymentName(namespace: "payments", name: "fraud-detector"): CountsApart(
      others: 17, retried: 2, droppedCopies: 5),
    DeploymentName(namespace: "default", name: "iris"): CountsApart(others: 4),
  ]

  static func report(
    _ whyNotReady: String? = nil, checks: [FleetReport.Check] = [],
    decided: DecisionCounts = DecisionCounts()
  ) -> ControllerReport {
    ControllerReport(
      now: Instant(milliseconds: 1_790_000_012_345), version: "0.1.0",
      fleet: FleetReport(
        phases: [.healthy: 7, .step: 2], held: 1, alerting: 0, refused: 1, decided: decided,
        checks: checks, apart: Self.apart,
        lookedAt: Instant(milliseconds: 1_790_000_012_000), isStopped: false),
      waiting: .init(count: 2, oldest: Instant(milliseconds: 1_790_000_000_000)),
      fetchedAt: Instant(milliseconds: 1_790_000_009_045), whyNotReady: whyNotReady)
  }
}

extension ConsoleLimits {
  /// With so much time that only a test that asks for less ever sees it end, however busy the machine
  /// is.
  static var patient: ConsoleLimits {
    var limits = ConsoleLimits()
    (limits.head, limits.body, limits.answer) = (.seconds(600), .seconds(600), .seconds(600))
    (limits.idle, limits.farewell) = (.seconds(600), .seconds(600))
    return limits
  }
}

/// Returns what answers with one value for ever.
private func always<Value: Sendable>(_ value: Value) -> @Sendable () -> Value { { value } }
