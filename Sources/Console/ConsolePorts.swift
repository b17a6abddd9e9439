package import Control

/// What stands behind the routes; a route without anything behind it does not exist.
package struct ConsolePorts: Sendable {
  let report: @Sendable () async -> ControllerReport
  let intake: (@Sendable () async -> IntakeCounts)?
  let events: (any EventReceiver)?
  let labels: (any PayloadIntake)?
  let reports: (@Sendable (BatchReport) async -> EventReceipt)?
  let webhook: (@Sendable () -> Webhook)?
  let tokens: (@Sendable () -> Tokens)?

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
  }
}
