import ClusterKit
import Encoding
import Foundation
import TestKit
import Testing

/// What stands around the controller's pods: where they run, when they go, who reaches them, and who reads their metrics.
@Suite(
  .timeLimit(.minutes(1)),
  .enabled(if: Installation.isInstalled("kubectl"), "kubectl is not installed"))
struct SurroundingsTests {
  private static let overlays = [("namespace", "models"), ("cluster", "serin")]

  /// The two are on two machines and in two zones where there are several, and a cluster with one runs both.
  @Test(.temporaryFolder, arguments: overlays)
  func thePodsAreApart(overlay: String, namespace: String) async throws {
    try await Installation.installing("overlays/\(overlay)", into: namespace) { server, _, _ in
      let labels = Self.labels(server, namespace)
      let constraints =
        Installation.pod(server, namespace)?["topologySpreadConstraints"]?.items ?? []
      #expect(
        Set(constraints.compactMap { $0["topologyKey"]?.string })
          == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"])
      for constraint in constraints {
        #expect(constraint["maxSkew"] == 1 && constraint["whenUnsatisfiable"] == "ScheduleAnyway")
        #expect(Selector(constraint["labelSelector"])?.selects(labels) == true)
      }
    }
  }

  /// A node's drain takes who leads, and the other one only once that leads: a budget that counted both would keep the
  /// leader's node for ever.
  @Test(.temporaryFolder, arguments: overlays)
  func aDrainLeavesOne(overlay: String, namespace: String) async throws {
    try await Installation.installing("overlays/\(overlay)", into: namespace) { server, _, _ in
      let budgets = TypeID(group: "policy", plural: "poddisruptionbudgets")
      let spec = try #require(server.object(budgets, namespace, "serin")?["spec"])
      #expect(spec["maxUnavailable"] == "100%" && spec["minAvailable"] == nil)
      #expect(spec["unhealthyPodEvictionPolicy"] == "IfHealthyBudget")
      #expect(Selector(spec["selector"])?.selects(Self.labels(server, namespace)) == true)
    }
  }

  /// Who asks for what: namespaces by their labels, pods by theirs, and whether they are let in.
  private static let visits: [(String, namespace: Labels, pod: Labels, isLetIn: Bool)] = [
    ("console", ["kubernetes.io/metadata.name": "monitoring"], ["app": "prometheus"], true),
    ("console", ["serin.dev/may-send": "true"], ["app": "ingress"], true),
    ("console", ["kubernetes.io/metadata.name": "payments"], ["app": "other"], false),
    ("payloads", ["kubernetes.io/metadata.name": "payments"], served, true),
    ("payloads", ["kubernetes.io/metadata.name": "monitoring"], ["app": "prometheus"], false),
    ("console", ["kubernetes.io/metadata.name": "payments"], served, false),
  ]

  /// Metrics, webhooks and labels come from where they are meant to, payloads from the pods that Serin makes, and
  /// nothing from anybody else.
  @Test(.temporaryFolder, arguments: overlays)
  func whoIsLetIn(overlay: String, namespace: String) async throws {
    try await Self.policy(overlay, namespace) { spec in
      #expect(spec["policyTypes"]?.items.contains("Ingress") == true)
      for visit in Self.visits {
        let isLetIn = (spec["ingress"]?.items ?? []).contains { rule in
          Self.rule(rule, has: .string(visit.0), "TCP")
            && (rule["from"]?.items ?? []).contains {
              Selector($0["namespaceSelector"])?.selects(visit.namespace) == true
                && Selector($0["podSelector"])?.selects(visit.pod) != false
            }
        }
        #expect(isLetIn == visit.isLetIn, "\(visit)")
      }
    }
  }

  /// It can resolve names, ask the API, git over https and ssh, and Prometheus, and the pods that it has made for models;
  /// nothing else.
  @Test(.temporaryFolder, arguments: overlays)
  func whomItReaches(overlay: String, namespace: String) async throws {
    let other: Labels = ["app": "other"]
    let ports: [(JSONValue, String, pod: Labels, Bool)] = [
      (53, "UDP", other, true), (53, "TCP", other, true), (443, "TCP", other, true),
      (6443, "TCP", other, true), (22, "TCP", other, true), (9090, "TCP", other, true),
      (80, "TCP", Self.served, false), (443, "UDP", other, false),
      (8080, "TCP", Self.served, true), (8080, "TCP", other, false),
      (8080, "UDP", Self.served, false),
    ]
    try await Self.policy(overlay, namespace) { spec in
      #expect(spec["policyTypes"]?.items.contains("Egress") == true)
      for (port, name, pod, isReached) in ports {
        let isLetOut = (spec["egress"]?.items ?? []).contains { rule in
          Self.rule(rule, has: port, name) && Self.rule(rule, leadsTo: pod, in: "payments")
        }
        #expect(isLetOut == isReached, "\(port) \(name) \(pod)")
      }
    }
  }

  /// The Prometheus operator finds a Service of each replica, and the port on which the controller shows its metrics.
  @Test(.temporaryFolder) func metricsAreFound() async throws {
    let folder = try Installation.overlay(with: ["prometheus-operator"])
    try await Installation.installing(folder, into: "serin") { server, _, _ in
      let monitors = TypeID(group: "monitoring.coreos.com", plural: "servicemonitors")
      let spec = try #require(server.objects(of: monitors).first?["spec"])
      let found = server.objects(of: .services).filter {
        Selector(spec["selector"])?.selects(Self.labels($0["metadata"])) == true
      }
      let service = try #require(found.first?["spec"])
      #expect(found.count == 1 && service["publishNotReadyAddresses"] == true)
      let endpoints = spec["endpoints"]?.items ?? []
      #expect(endpoints.map { $0["path"] } == ["/metrics"])
      let port = service["ports"]?.items.first { $0["name"] == endpoints.first?["port"] }
      #expect(port?["targetPort"] == "console")
    }
  }

  // MARK: Reading

  private typealias Labels = [String: String]

  /// The labels of a pod that serves a model, as Serin draws it.
  private static let served: Labels = {
    let file = Installation.root.appending(
      path: "Tests/ClusterRuntimeTests/golden/revision-logged.json")
    guard let data = try? Data(contentsOf: file), let json = try? JSONValue(parsing: Array(data))
    else { return [:] }
    return labels(json[path: "spec", "predictor"])
  }()

  private static func policy(
    _ overlay: String, _ namespace: String, _ body: (JSONValue) throws -> Void
  ) async throws {
    try await Installation.installing("overlays/\(overlay)", into: namespace) { server, _, _ in
      let policies = TypeID(group: "networking.k8s.io", plural: "networkpolicies")
      let spec = try #require(server.object(policies, namespace, "serin")?["spec"])
      let labels = labels(server, namespace)
      #expect(Selector(spec["podSelector"])?.selects(labels) == true)
      try body(spec)
    }
  }

  private static func rule(_ rule: JSONValue, has port: JSONValue, _ name: String) -> Bool {
    (rule["ports"]?.items ?? []).contains {
      $0["port"] == port && $0["protocol"] == .string(name)
    }
  }

  /// Whether a rule of what is let out leads to a pod; one that names nobody leads to everybody.
  private static func rule(_ rule: JSONValue, leadsTo pod: Labels, in namespace: String) -> Bool {
    guard let peers = rule["to"]?.items else { return true }
    return peers.contains {
      Selector($0["namespaceSelector"])?.selects(["kubernetes.io/metadata.name": namespace]) == true
        && Selector($0["podSelector"])?.selects(pod) != false
    }
  }

  /// Those of the controller's pods.
  private static func labels(_ server: ClusterServer, _ namespace: String) -> Labels {
    labels(
      server.object(.deployments, namespace, "serin")?[path: "spec", "template", "metadata"])
  }

  private static func labels(_ metadata: JSONValue?) -> Labels {
    guard case .object(let labels)? = metadata?["labels"] else { return [:] }
    return labels.compactMapValues(\.string)
  }
}

/// A selector of labels, as Kubernetes reads it: all of its conditions hold.
private struct Selector {
  private let labels: [String: String]
  private let conditions: [JSONValue]

  /// nil where there is none, which is not the same as an empty one.
  init?(_ json: JSONValue?) {
    guard case .object? = json else { return nil }
    if case .object(let labels)? = json?["matchLabels"] {
      self.labels = labels.compactMapValues(\.string)
    } else {
      labels = [:]
    }
    conditions = json?["matchExpressions"]?.items ?? []
  }

  func selects(_ others: [String: String]) -> Bool {
    labels.allSatisfy { others[$0.key] == $0.value }
      && conditions.allSatisfy { condition in
        let value = others[condition["key"]?.string ?? ""]
        let isIn = (condition["values"]?.items ?? []).contains { $0.string == value }
        return condition["operator"] == "In" && isIn
      }
  }
}
