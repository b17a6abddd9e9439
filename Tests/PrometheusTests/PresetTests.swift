import Analysis
import Control
import Foundation
import Manifests
import Rollouts
import Testing

@testable import Prometheus

/// What each preset makes of what its exporter shows, word for word as that names and labels it.
///
/// A line is a series at two scrapes, 10 s apart; whatever else the exporter shows beside it is there, too, because it
/// must not be counted.
@Suite struct PresetTests {
  @Test(arguments: Story.all) private func whatIsCounted(story: Story) throws {
    var meter = Meter(story.preset.scheme)
    let subject = CountSubject(
      deployment: deployment, revision: revision, labels: story.labels, since: nil)
    func look(_ samples: [Int]) throws -> Counts? {
      let series = story.series.map { $0.series(at: samples) }
      return try meter.take(series, health: [up(samples)], of: [subject])
        .total(of: revision, in: deployment)
    }
    #expect(try look([10])?.requests == 0)
    // What is not timed for longer than ten seconds never will be.
    let counts = try #require(try look([10, 20, 40, 50]))
    #expect(counts.requests == story.requests)
    #expect(counts.errors == story.errors)
    let latency = counts.latency
    let found = zip(latency.edges.map(Int?.some) + [nil], latency.counts).filter { $0.1 > 0 }
    #expect(found.map { "\($0.0.map(String.init) ?? "+Inf"): \($0.1)" } == story.latency)
  }

  /// Each preset has a story.
  @Test func everyPresetIsTold() {
    #expect(Set(Story.all.map(\.preset)) == Set(MetricPreset.allCases))
  }
}

/// What an exporter shows of one revision and of others, and what is to be made of it.
private struct Story: CustomTestStringConvertible {
  let preset: MetricPreset
  let what: String
  /// By which the revision is known.
  let labels: [String: String]
  let requests: Int
  let errors: Int
  /// How many answers took less than each edge in milliseconds and no less than the one before, where there are any.
  let latency: [String]
  let text: String

  var testDescription: String { "\(preset.rawValue): \(what)" }

  /// The series of the text: "name{label="value"} BEFORE AFTER".
  var series: [Line] { text.split(separator: "\n").map { Line(String($0)) } }

  struct Line {
    let labels: [String: String]
    let before: Double
    let after: Double

    init(_ text: String) {
      let values = text.split(separator: " ").suffix(2).compactMap { Double($0) }
      precondition(values.count == 2, "\(text)")
      (before, after) = (values[0], values[1])
      let pairs = text.matches(of: /([a-z_]+)="([^"]*)"/).map {
        (String($0.output.1), String($0.output.2))
      }
      let name = text.prefix { $0 != "{" && $0 != " " }
      labels = Dictionary(uniqueKeysWithValues: pairs + [("__name__", String(name))])
    }

    func series(at moments: [Int]) -> SampledSeries {
      let target = ["job": "pods", "instance": "a"]
      return SampledSeries(
        labels: labels.merging(target) { own, _ in own },
        samples: moments.map {
          SampledSeries.Sample(at: .second($0), value: $0 == 10 ? before : after)
        })
    }
  }
}

extension Story {
  fileprivate static let all = [
    envoyGateway, istio, mlserver, triton, vllm, vllmFirstToken,
  ]

  /// The buckets of a histogram whose answers took so long: edges as the exporter writes them.
  private static func buckets(
    _ name: String, _ labels: String, _ edges: String, _ taken: [Double]
  ) -> String {
    let lines = (edges.split(separator: " ") + ["+Inf"]).map { edge in
      let count = taken.count { $0 <= Double(edge) ?? .infinity }
      return "\(name)_bucket{\(labels),le=\"\(edge)\"} 7 \(7 + count)"
    }
    let more = ["\(name)_sum{\(labels)} 7 900", "\(name)_count{\(labels)} 7 \(7 + taken.count)"]
    return (lines + more).joined(separator: "\n")
  }

  private static let envoyEdges =
    "0.5 1 5 10 25 50 100 250 500 1000 2500 5000 10000 30000 60000 300000 600000 1800000 3600000"

  // MARK: Gateways

  private static let place = "envoy_cluster_name=\"httproute/payments/fraud/rule/0/backend/0\""
  private static let otherPlace = "envoy_cluster_name=\"httproute/payments/fraud/rule/0/backend/1\""

  /// Of the classes 5 is an error, with timeouts and overflows in it; milliseconds; counted once, whatever else counts
  /// the same requests.
  fileprivate static let envoyGateway = Story(
    preset: .envoyGateway, what: "classes of answers",
    labels: ["envoy_cluster_name": "httproute/payments/fraud/rule/0/backend/0"],
    requests: 9, errors: 3, latency: ["1: 1", "50: 4", "250: 3", "+Inf: 1"],
    text: """
      envoy_cluster_upstream_rq_xx{\(place),envoy_response_code_class="2"} 100 105
      envoy_cluster_upstream_rq_xx{\(place),envoy_response_code_class="4"} 100 101
      envoy_cluster_upstream_rq_xx{\(place),envoy_response_code_class="5"} 100 103
      envoy_cluster_upstream_rq{\(place),envoy_response_code="200"} 100 105
      envoy_cluster_upstream_rq{\(place),envoy_response_code="504"} 100 103
      envoy_cluster_upstream_rq_total{\(place)} 300 310
      envoy_cluster_upstream_rq_completed{\(place)} 300 309
      envoy_cluster_upstream_rq_timeout{\(place)} 40 42
      envoy_cluster_upstream_rq_pending_overflow{\(place)} 40 41
      envoy_cluster_upstream_cx_connect_fail{\(place)} 40 41
      \(buckets(
        "envoy_cluster_upstream_rq_time", place, envoyEdges,
        [0.4, 30, 30, 50, 40, 200, 200, 200, 4_000_000]))
      envoy_cluster_upstream_rq_xx{\(otherPlace),envoy_response_code_class="5"} 0 900
      \(buckets("envoy_cluster_upstream_rq_time", otherPlace, envoyEdges, [9000]))
      """)

  private static func istio(_ reporter: String) -> String {
    "reporter=\"\(reporter)\",source_workload=\"gateway\",request_protocol=\"http\","
      + "destination_service_name=\"fraud-1-predictor\","
      + "destination_service_namespace=\"payments\",destination_workload=\"unknown\""
  }

  /// What the gateway's side counted: 5xx, and answers that broke off unless the client left; the server's side counts
  /// the same requests again.
  fileprivate static let istio = Story(
    preset: .istio, what: "response_code and response_flags",
    labels: [
      "destination_service_name": "fraud-1-predictor", "destination_service_namespace": "payments",
    ],
    requests: 12, errors: 5, latency: ["25: 6", "1000: 6"],
    text: """
      istio_requests_total{\(istio("source")),response_code="200",response_flags="-"} 50 54
      istio_requests_total{\(istio("source")),response_code="404",response_flags="-"} 50 51
      istio_requests_total{\(istio("source")),response_code="503",response_flags="UF,URX"} 50 53
      istio_requests_total{\(istio("source")),response_code="504",response_flags="UT"} 50 51
      istio_requests_total{\(istio("source")),response_code="0",response_flags="UPE"} 50 51
      istio_requests_total{\(istio("source")),response_code="0",response_flags="DC"} 50 52
      istio_requests_total{\(istio("destination")),response_code="200",response_flags="-"} 50 900
      istio_requests_total{\(istio("destination")),response_code="500",response_flags="-"} 50 900
      istio_tcp_sent_bytes_total{\(istio("source")),response_flags="-"} 5 9
      \(buckets(
        "istio_request_duration_milliseconds", istio("source"), envoyEdges,
        [11, 12, 13, 14, 15, 25, 501, 600, 700, 800, 900, 1000]))
      \(buckets(
        "istio_request_duration_milliseconds", istio("destination"), envoyEdges, [1, 1, 1]))
      \(buckets("istio_response_bytes", istio("source"), "0.5 1 5 10", [1, 2, 3]))
      """)

  // MARK: Model servers

  private static let version = "model=\"fraud\",version=\"1\""
  private static let model = "pod=\"fraud-1\",\(version)"

  private static let inference =
    "app_name=\"mlserver\",method=\"POST\",pod=\"fraud-1\",path=\"/v2/models/{model_name}/infer\""

  /// What the HTTP server counts of inferences, of which its own statuses are errors: a client's fault is none of the model's.
  fileprivate static let mlserver = Story(
    preset: .mlserver, what: "statuses of inferences", labels: ["pod": "fraud-1"],
    requests: 8, errors: 2, latency: ["25: 5", "500: 1", "+Inf: 2"],
    text: """
      rest_server_requests_total{\(inference),status_code="200"} 20 25
      rest_server_requests_total{\(inference),status_code="422"} 20 21
      rest_server_requests_total{\(inference),status_code="500"} 20 22
      rest_server_requests_created{\(inference),status_code="500"} 1.7e9 1.7e9
      rest_server_requests_total{pod="fraud-1",method="GET",path="/v2/models/{model_name}/ready",status_code="500"} 20 90
      rest_server_requests_total{pod="fraud-2",method="POST",path="/v2/models/{model_name}/infer",status_code="500"} 20 90
      rest_server_requests_in_progress{\(inference)} 2 3
      \(buckets(
        "rest_server_request_duration_seconds", "\(inference),status_code=\"200\"", mlserverEdges,
        [0.011, 0.012, 0.013, 0.014, 0.025]))
      \(buckets(
        "rest_server_request_duration_seconds", "\(inference),status_code=\"422\"", mlserverEdges,
        [0.3]))
      \(buckets(
        "rest_server_request_duration_seconds", "\(inference),status_code=\"500\"", mlserverEdges,
        [20, 30]))
      model_infer_request_success_total{\(model)} 20 25
      model_infer_request_failure_total{\(model)} 20 23
      model_infer_request_duration_count{\(model)} 40 47
      """)

  private static let mlserverEdges =
    "0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0"

  /// A request that its client took back is a request, and no error; what counts inferences in a batch is no request.
  fileprivate static let triton = Story(
    preset: .triton, what: "failures by their reason", labels: ["pod": "fraud-1"],
    requests: 17, errors: 6, latency: ["+Inf: 17"],
    text: """
      nv_inference_request_success{\(model)} 30 40
      nv_inference_request_failure{\(model),reason="OTHER"} 30 31
      nv_inference_request_failure{\(model),reason="BACKEND"} 30 32
      nv_inference_request_failure{\(model),reason="REJECTED"} 30 33
      nv_inference_request_failure{\(model),reason="CANCELED"} 30 31
      nv_inference_count{\(model)} 300 900
      nv_inference_exec_count{\(model)} 300 305
      nv_inference_request_duration_us{\(model)} 300 90000
      nv_inference_queue_duration_us{\(model)} 300 90000
      """)

  private static let engine = "pod=\"llm-1\",model_name=\"llama\",engine=\"0\""

  private static func http(_ method: String, _ handler: String, _ status: String) -> String {
    "http_requests_total{pod=\"llm-1\",handler=\"\(handler)\",method=\"\(method)\","
      + "status=\"\(status)\"}"
  }

  private static let wholeEdges =
    "0.3 0.5 0.8 1.0 1.5 2.0 2.5 5.0 10.0 15.0 20.0 30.0 40.0 50.0 60.0 120.0 240.0 480.0 960.0 "
    + "1920.0 7680.0"
  private static let firstEdges =
    "0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0 20.0 40.0 80.0 "
    + "160.0 640.0 2560.0"

  /// What both vLLM presets read: seconds, and failures of the HTTP server, which no histogram has.
  private static let vllmText = """
    \(http("POST", "/v1/chat/completions", "2xx")) 60 63
    \(http("POST", "/v1/completions", "2xx")) 60 61
    \(http("POST", "/v1/chat/completions", "5xx")) 60 62
    \(http("GET", "/health", "2xx")) 60 900
    \(http("GET", "/health", "5xx")) 60 900
    http_requests_created{pod="llm-1",method="POST",status="5xx"} 1.7e9 1.7e9
    vllm:request_success_total{\(engine),finished_reason="stop"} 60 63
    vllm:request_success_total{\(engine),finished_reason="abort"} 60 61
    \(buckets("vllm:e2e_request_latency_seconds", engine, wholeEdges, [0.31, 0.5, 4.9, 100]))
    \(buckets("vllm:time_to_first_token_seconds", engine, firstEdges, [0.0005, 0.05, 0.06, 3000]))
    \(buckets("vllm:inter_token_latency_seconds", engine, "0.01 0.025 0.05", [0.01, 0.02]))
    """

  fileprivate static let vllm = Story(
    preset: .vllm, what: "whole answers", labels: ["pod": "llm-1"], requests: 6, errors: 2,
    latency: ["500: 2", "5000: 1", "120000: 1", "+Inf: 2"], text: vllmText)

  fileprivate static let vllmFirstToken = Story(
    preset: .vllmFirstToken, what: "the first token", labels: ["pod": "llm-1"], requests: 6,
    errors: 2, latency: ["1: 1", "60: 2", "+Inf: 3"], text: vllmText)
}
