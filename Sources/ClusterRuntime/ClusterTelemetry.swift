package import Control
package import Prometheus

/// What clients of a cluster's runtime were answered, as its gateway counted it and Prometheus keeps it.
///
/// Envoy Gateway counts each place of each rule apart, so that inferences alone are asked for.
package struct ClusterTelemetry: Telemetry {
  private let runtime: ClusterRuntime
  private let prometheus: PrometheusTelemetry

  package init(_ runtime: ClusterRuntime, _ prometheus: PrometheusTelemetry) {
    self.runtime = runtime
    self.prometheus = prometheus
  }

  package func counters() async throws -> Counters {
    let places = await runtime.countedPlaces.sorted { $0.cluster < $1.cluster }
    return try await prometheus.counters(
      of: places.map {
        CountSubject(
          deployment: $0.deployment, revision: $0.revision,
          labels: ["envoy_cluster_name": $0.cluster], since: $0.since)
      })
  }
}
