import Encoding
import Rollouts

// Several servers of one revision: which of them is asked, and what is done about one that is dead. Only the
// state of a server decides, never what its model answers: a model's errors are evidence, and must be neither
// avoided nor asked again.
extension EnvoyConfiguration {
  /// What a cluster of several servers has beyond that of one.
  ///
  /// The least busy of two is asked, so that one that hangs is soon avoided. When none seems well all are
  /// tried: probes that fail may only mean that every server is busy.
  func replicas(of key: ServerKey) -> [String: JSONValue] {
    [
      "lb_policy": "LEAST_REQUEST",
      "common_lb_config": ["healthy_panic_threshold": ["value": 1]],
      "health_checks": [healthCheck(of: key.deployment.name)],
      "outlier_detection": Self.ejection,
    ]
  }

  /// A server that answers none of three probes is asked no more, and again after the first answer.
  ///
  /// Seldom enough to cost a model nothing, and for servers that hang: one that is dead is seen by the
  /// connections that it refuses.
  private func healthCheck(of name: String) -> JSONValue {
    [
      "timeout": "2s", "interval": "2s", "no_traffic_interval": "2s",
      "unhealthy_threshold": 3, "healthy_threshold": 1,
      "http_health_check": ["path": .string("/v2/models/\(name)/ready")],
    ]
  }

  /// Two connections in a row that fail put a server aside, for two seconds and then longer.
  ///
  /// A probe that is answered takes it back. Answers, whatever their status, put nobody aside.
  private static let ejection: JSONValue = [
    "split_external_local_origin_errors": true,
    "consecutive_local_origin_failure": 2,
    "enforcing_consecutive_5xx": 0,
    "enforcing_consecutive_gateway_failure": 0,
    "enforcing_success_rate": 0,
    "enforcing_local_origin_success_rate": 0,
    "interval": "1s",
    "base_ejection_time": "2s",
    "max_ejection_time": "10s",
    "max_ejection_percent": 100,
  ]

  /// A request of which no byte was sent, because a server took no connection, is sent to another one.
  ///
  /// Nothing else is tried again: what was sent may have been done, and its failure is evidence.
  static let retries: JSONValue = [
    "retry_on": "connect-failure",
    "num_retries": 3,
    "retry_back_off": ["base_interval": "0.001s", "max_interval": "0.010s"],
    "retry_host_predicate": [
      [
        "name": "envoy.retry_host_predicates.previous_hosts",
        "typed_config": [
          "@type":
            "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
        ],
      ]
    ],
    "host_selection_retry_max_attempts": 5,
  ]
}
