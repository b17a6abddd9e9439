package import Control
package import Prometheus

/// What clients of a cluster's runtime were answered, as its gateway counted it and Prometheus keeps it.
///
/// Envoy Gateway counts each place of each rule apart, so that inferences alone are asked for. Prometheus is asked
/// beside the looks, for as long as there are any: a look gets the last answer, and waits for none but the first.
package actor ClusterTelemetry: Telemetry {
  private let runtime: ClusterRuntime
  private let prometheus: PrometheusTelemetry
  /// What came of the last question; nil while nothing is asked.
  private var answer: Result<Counters, any Error>?
  private var lookedAt = ContinuousClock.now
  /// The first question, for which looks wait.
  private var first: Task<Result<Counters, any Error>, Never>?

  /// After so long without a look Prometheus is left alone.
  private static let patience = Duration.seconds(30)

  package init(_ runtime: ClusterRuntime, _ prometheus: PrometheusTelemetry) {
    self.runtime = runtime
    self.prometheus = prometheus
  }

  /// Returns what the last answer made; its age says how far it is behind.
  ///
  /// - Throws: `PrometheusError` when the last question got no answer that counts; `CancellationError`.
  package func counters() async throws -> Counters {
    lookedAt = .now
    if let answer { return try answer.get() }
    let counted = await begin().value
    try Task.checkCancellation()
    return try counted.get()
  }

  /// Asks for the first time, and goes on asking.
  private func begin() -> Task<Result<Counters, any Error>, Never> {
    if let first { return first }
    let question = Task { await ask() }
    first = question
    Task {
      answer = await question.value
      await goOn()
      (answer, first) = (nil, nil)
    }
    return question
  }

  private func ask() async -> Result<Counters, any Error> {
    let subjects = await runtime.countedSubjects
    do {
      return .success(try await prometheus.counters(of: subjects))
    } catch {
      return .failure(error)
    }
  }

  private func goOn() async {
    while .now - lookedAt < Self.patience {
      try? await Task.sleep(for: pause)
      answer = await ask()
    }
  }

  /// How long until there may be something to ask: a question before the next scrape costs nothing, and one that failed
  /// is asked whole again, as where nothing has any traffic.
  private var pause: Duration {
    let interval = prometheus.scrapeInterval
    guard case .failure = answer else { return min(interval / 4, .milliseconds(500)) }
    return min(interval, .seconds(5))
  }
}
