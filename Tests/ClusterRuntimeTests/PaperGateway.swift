import ClusterKit
import Control
import Encoding
import Kubernetes
import Rollouts
import RuntimeConformance

@testable import ClusterRuntime

/// A gateway on paper: who would answer inferences by a route as it is written, where no gateway runs.
///
/// It is what a gateway makes of the rules, no more: the one that demands most of a request answers it, its backends share
/// the requests as their weights say, and a backend behind which nothing is ready is an error.
struct PaperGateway {
  private let rules: [JSONValue]
  /// The revisions that are ready, by the names of their Services.
  private let servers: [String: Revision.ID]
  /// The header by which clients are hashed; nil when they are not.
  private let hashed: String?

  /// Reads a route, the policy of it and the InferenceServices behind it; without a route nothing is answered.
  init(_ route: ClusterEntry?, _ servers: [ClusterEntry], policy: ClusterEntry? = nil) {
    let balancer = policy?["spec", "loadBalancer"]
    hashed = balancer?[["consistentHash", "headers"]]?.items.first?["name"]?.string
    rules = (route?["spec", "rules"]?.items ?? []).filter(Self.isOfInferences)
    let ready = servers.filter { !$0.isGoing && ControllerStatus.isReady($0.json) }
    self.servers = ready.reduce(into: [:]) { $0["\($1.metadata.name)-predictor"] = $1.revision }
  }

  private static func isOfInferences(_ rule: JSONValue) -> Bool {
    let match = rule["matches"]?.items.first
    return match?["method"]?.string == "POST"
      && match?[["path", "value"]]?.string?.hasSuffix("/infer") == true
  }

  func answers(to count: Int, with header: HeaderMatch?) -> Answers {
    let backends = rule(for: header)?["backendRefs"]?.items ?? []
    let weights = backends.map { $0["weight"]?.integer ?? 1 }
    let sum = weights.reduce(0, +)
    guard sum > 0 else { return Answers(refused: count) }
    let place = header.flatMap { $0.header == hashed ? Self.hash($0.value) % sum : nil }
    var (answers, before) = (Answers(), 0)
    for (backend, weight) in zip(backends, weights) {
      let isMet = place.map { (before..<before + weight).contains($0) ? count : 0 }
      let requests = isMet ?? (count * (before + weight) / sum - count * before / sum)
      before += weight
      if let revision = revision(behind: backend) {
        answers.byRevision[revision, default: 0] += requests
      } else {
        answers.refused += requests
      }
    }
    answers.byRevision = answers.byRevision.filter { $0.value > 0 }
    return answers
  }

  /// FNV, which all runs of the tests have in common.
  private static func hash(_ client: String) -> Int {
    let hash = client.utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
    return Int(hash >> 1)
  }

  /// Who gets how many copies of so many requests.
  func copies(of count: Int, with header: HeaderMatch?) -> [Revision.ID: Int] {
    let mirrors = (rule(for: header)?["filters"]?.items ?? []).compactMap { $0["requestMirror"] }
    return mirrors.reduce(into: [:]) { copies, mirror in
      guard let reference = mirror["backendRef"], let revision = revision(behind: reference),
        let part = mirror[["fraction", "numerator"]]?.integer,
        let whole = mirror[["fraction", "denominator"]]?.integer
      else { return }
      copies[revision, default: 0] += count * part / whole
    }
  }

  private func revision(behind backend: JSONValue) -> Revision.ID? {
    backend["name"]?.string.flatMap { servers[$0] }
  }

  /// The rule that demands most of the headers, of those that a request with `header` satisfies.
  private func rule(for header: HeaderMatch?) -> JSONValue? {
    func demands(of rule: JSONValue) -> [JSONValue] {
      rule["matches"]?.items.first?["headers"]?.items ?? []
    }
    let satisfied = rules.filter { rule in
      demands(of: rule).allSatisfy {
        $0["name"]?.string == header?.header && $0["value"]?.string == header?.value
      }
    }
    return satisfied.max { demands(of: $0).count < demands(of: $1).count }
  }
}
