import Encoding
import Rollouts

// What clients of a model server ask of the server itself, before they ask for a model: whether it lives,
// whether it is ready, and what it is. Each namespace is such a server. Envoy answers, because a model
// server knows of no model but its own; nothing of it is counted.
extension EnvoyConfiguration {
  /// Returns the routes of every namespace that has a deployment, and of the default one.
  func serverEntries(_ routes: [EnvoyRoute]) -> [JSONValue] {
    let present = routes.filter { $0.presence != .gone }
    let byNamespace = Dictionary(grouping: present, by: \.deployment.namespace)
    return Set(byNamespace.keys).union([Self.unprefixed]).sorted().flatMap { namespace in
      serverEntries(of: namespace, byNamespace[namespace] ?? [])
    }
  }

  /// The namespace that also answers without its name, as a single model server does.
  static let unprefixed = DeploymentName.defaultNamespace

  private func serverEntries(of namespace: String, _ routes: [EnvoyRoute]) -> [JSONValue] {
    let places = ["/\(namespace)/v2"] + (namespace == Self.unprefixed ? ["/v2"] : [])
    let answers = [
      ("", metadata), ("/health/live", Self.answer(200, ["live": true])),
      ("/health/ready", Self.readiness(of: namespace, routes)),
    ]
    return places.flatMap { place in
      answers.map { path, answer in
        .object(answer.with("match", ["path": .string(place + path)]))
      }
    }
  }

  private var metadata: [String: JSONValue] {
    Self.answer(200, ["name": "serin", "version": .string(setup.version), "extensions": []])
  }

  /// Ready when every deployment has a revision that answers; otherwise it says which has none.
  private static func readiness(
    of namespace: String, _ routes: [EnvoyRoute]
  ) -> [String: JSONValue] {
    guard !routes.isEmpty else { return answer(503, "nothing is deployed in \(namespace)") }
    let silent = routes.filter { $0.presence == .silent }
    guard !silent.isEmpty else { return answer(200, ["ready": true]) }
    let named = silent.prefix(mostNamed).map(\.deployment.name).joined(separator: ", ")
    let rest = silent.count > mostNamed ? " and \(silent.count - mostNamed) more" : ""
    return answer(503, "\(silent.count) of \(routes.count) do not answer: \(named)\(rest)")
  }

  /// Enough to look into; Envoy's own answers have room for 4 KiB.
  private static let mostNamed = 3
}
