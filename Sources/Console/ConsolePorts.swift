package import Control

/// What stands behind the routes; a route without anything behind it does not exist.
package struct ConsolePorts: Sendable {
  let report: (@Sendable () async -> ControllerReport)?
  let intake: (@Sendable () async -> IntakeCounts)?
  let events: (any EventReceiver)?
  let labels: (any PayloadIntake)?
  let reports: (@Sendable (BatchReport) async -> EventReceipt)?
  let webhook: (@Sendable () -> Webhook)?
  let tokens: (@Sendable () -> Tokens)?
  let payloads: (any PayloadLogReceiver)?

  /// Of a server that takes in what a cluster's payload loggers send, and nothing else.
  ///
  /// It is another one than the console: whatever models do to it, the console answers.
  package init(payloads: any PayloadLogReceiver) {
    self.payloads = payloads
    (report, intake, events, labels, reports, tokens, webhook) = (nil, nil, nil, nil, nil, nil, nil)
  }

  /// - Parameters:
  ///   - report: What is shown.
  ///   - intake: What became of captured payloads.
  ///   - events: Who takes captured payloads.
  ///   - labels: Who takes labels and conversions.
  ///   - reports: Who takes the counts of jobs' runs.
  ///   - tokens: Who may send payloads and labels now; nobody without it.
  ///   - webhook: Who may say now that the manifests have changed, and who is told.
  package init(
    report: @escaping @Sendable () async -> ControllerReport,
    intake: (@Sendable () async -> IntakeCounts)? = nil, events: (any EventReceiver)? = nil,
    labels: (any PayloadIntake)? = nil,
    reports: (@Sendable (BatchReport) async -> EventReceipt)? = nil,
    tokens: (@Sendable () -> Tokens)? = nil,
    webhook: (@Sendable () -> Webhook)? = nil
  ) {
    self.report = report
    self.intake = intake
    self.events = events
    self.labels = labels
    self.reports = reports
    self.tokens = tokens
    self.webhook = webhook
    payloads = nil
  }
}
