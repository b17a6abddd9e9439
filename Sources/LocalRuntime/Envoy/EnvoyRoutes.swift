import Encoding
import Manifests
import Rollouts

// Who answers a request: each deployment has its inferences, which are traffic to judge, and everything else
// that a client may ask of a model. Both go to the same servers by the same shares, through clusters
// that count apart. Nowhere else is it said what an inference is: the routes of inferences capture too.
extension EnvoyConfiguration {
  /// A deployment answers under its namespace; one of the default namespace also without it, as
  /// clients of a single model server ask.
  func entries(of route: EnvoyRoute, _ lease: CaptureLease?) -> [JSONValue] {
    let own = "/v2/models/\(route.deployment.name)"
    var entries = entries(of: route, at: "/\(route.deployment.namespace)\(own)", own, lease)
    if route.deployment.namespace == Self.unprefixed {
      entries += self.entries(of: route, at: own, nil, lease)
    }
    return entries
  }

  private func entries(
    of route: EnvoyRoute, at prefix: String, _ rewrite: String?, _ lease: CaptureLease?
  ) -> [JSONValue] {
    let place: [String: JSONValue] = ["path_separated_prefix": .string(prefix)]
    guard route.isAnswered else {
      let message = "no revision of \(route.deployment) is ready"
      return [.object(Self.answer(503, message).with("match", .object(place)))]
    }
    let chosen = route.match.map {
      pair(of: route.chosen($0), place, prefix, rewrite, lease, when: [Self.carries($0.when)])
    }
    return (chosen ?? []) + pair(of: route, place, prefix, rewrite, lease, when: [])
  }

  /// The inferences of a deployment and everything else, of requests that have these headers.
  private func pair(
    of route: EnvoyRoute, _ place: [String: JSONValue], _ prefix: String, _ rewrite: String?,
    _ lease: CaptureLease?, when headers: [JSONValue]
  ) -> [JSONValue] {
    var inferences = members(of: route, .inferences, rewrite, Self.mirrors(of: route, lease))
    inferences["match"] = .object(
      place.with("headers", .array(isInference(under: prefix) + headers)))
    if let lease { inferences["typed_per_filter_config"] = Self.capture(lease, route) }
    let all = headers.isEmpty ? place : place.with("headers", .array(headers))
    let others = members(of: route, .others, rewrite).with("match", .object(all))
    return Self.read(inferences, of: route, isCaptured: lease != nil) + [
      .object(inferences), .object(others),
    ]
  }

  /// That a request has a header with exactly this value; one that has it twice does not.
  private static func carries(_ match: HeaderMatch) -> JSONValue {
    ["name": .string(match.header), "string_match": ["exact": .string(match.value)]]
  }

  /// What the headers of an inference are: POST, and a path that is one of the inferences of the model
  /// or of a version of it, letter for letter.
  ///
  /// Envoy has unescaped the path by then, and the server gets it as it was matched. The prefix comes
  /// first: it is what passes over the routes of a thousand other deployments in 50 µs.
  private func isInference(under prefix: String) -> [JSONValue] {
    let paths = local.inferencePaths.map(Self.escaped).joined(separator: "|")
    let path = #"\#(Self.escaped(prefix))(/versions/[^/?]+)?/(\#(paths))(\?.*)?"#
    return [
      ["name": ":path", "string_match": ["prefix": .string(prefix + "/")]],
      ["name": ":method", "string_match": ["exact": "POST"]],
      ["name": ":path", "string_match": ["safe_regex": ["regex": .string(path)]]],
    ]
  }

  /// A regular expression of RE2 that matches this text alone.
  private static func escaped(_ text: String) -> String {
    text.replacing(/[^A-Za-z0-9\/_~:-]/) { "\\" + $0.output }
  }

  /// No retries of what a server was asked: the second one's answer would hide the first one's error.
  private func members(
    of route: EnvoyRoute, _ kind: RequestKind, _ rewrite: String?, _ mirrors: [JSONValue] = []
  ) -> [String: JSONValue] {
    let shares = route.shares.filter { $0.weight > .none }
    var members: [String: JSONValue] = [:]
    var action: [String: JSONValue] = ["timeout": Self.seconds(local.requestTimeout)]
    if let rewrite { action["prefix_rewrite"] = .string(rewrite) }
    if route.isReplicated { action["retry_policy"] = Self.retries }
    if !mirrors.isEmpty { action["request_mirror_policies"] = .array(mirrors) }
    if shares.count == 1 {
      action["cluster"] = Self.cluster(route, shares[0], kind)
      members["response_headers_to_add"] = Self.headers(shares[0])
    } else {
      let clusters = shares.map { Self.weighted(route, $0, kind) }
      var weighted: [String: JSONValue] = ["clusters": .array(clusters)]
      if let affinity = route.affinity {
        weighted["use_hash_policy"] = true
        action["hash_policy"] = [Self.hash(of: affinity, route, shares)]
      }
      action["weighted_clusters"] = .object(weighted)
    }
    members["route"] = .object(action)
    return members
  }

  /// What Envoy draws a share by; without the value it draws at random.
  ///
  /// The shares are drawn in their order, the candidate's last: a larger one takes values from the others, and
  /// gives none of its own away.
  ///
  /// Together with the value of a header, or of a field of the body, the candidate is hashed: the clients that meet one are not those that
  /// met the one before. Of several candidates all are, also those that have left, so that the others keep their
  /// clients. Of a cookie Envoy hashes nothing but the value.
  private static func hash(
    of affinity: Affinity, _ route: EnvoyRoute, _ shares: [EnvoyRoute.Share]
  ) -> JSONValue {
    if case .cookie(let name) = affinity { return ["cookie": ["name": .string(name)]] }
    let last = shares.last.map { [$0.revision] } ?? []
    let names = (route.drawnBy.isEmpty ? last : route.drawnBy).map(\.description)
    return [
      "header": [
        "header_name": .string(drawnBy(affinity) ?? ""),
        "regex_rewrite": [
          "pattern": ["regex": "^.*$"],
          "substitution": .string("\\0 \(names.joined(separator: " "))"),
        ],
      ]
    ]
  }

  private static func weighted(
    _ route: EnvoyRoute, _ share: EnvoyRoute.Share, _ kind: RequestKind
  ) -> JSONValue {
    [
      "name": cluster(route, share, kind),
      "weight": .number(share.weight.value),
      "response_headers_to_add": headers(share),
    ]
  }

  private static func cluster(
    _ route: EnvoyRoute, _ share: EnvoyRoute.Share, _ kind: RequestKind
  ) -> JSONValue {
    .string(ServerKey(route.deployment, share.revision).cluster(of: kind))
  }

  /// Which revision answered; a version that no header can carry is left out.
  private static func headers(_ share: EnvoyRoute.Share) -> JSONValue {
    let revision = header("serin-revision", share.revision.description)
    guard share.version.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return [revision] }
    return [revision, header("serin-model-version", share.version)]
  }

  static func header(_ name: String, _ value: String) -> JSONValue {
    // Envoy expands %…% in a value.
    let value = value.split(separator: "%", omittingEmptySubsequences: false).joined(
      separator: "%%")
    return [
      "header": ["key": .string(name), "value": .string(value)],
      "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    ]
  }

  static var notFound: JSONValue {
    .object(answer(404, "no such model").with("match", ["prefix": "/"]))
  }

  /// An answer of Envoy's own, in the words of the V2 protocol.
  static func answer(_ status: Int, _ message: String) -> [String: JSONValue] {
    answer(status, ["error": .string(message)])
  }

  static func answer(_ status: Int, _ value: JSONValue) -> [String: JSONValue] {
    let body = value.canonical + "\n"
    return [
      "direct_response": ["status": .number(status), "body": ["inline_string": .string(body)]],
      "response_headers_to_add": [header("content-type", "application/json")],
    ]
  }
}

extension EnvoyRoute {
  /// Whether any revision answers.
  var isAnswered: Bool { shares.contains { $0.weight > .none } }

  /// What a client meets of the deployment when its header gives it to one revision.
  fileprivate func chosen(_ match: Match) -> EnvoyRoute {
    EnvoyRoute(
      deployment: deployment,
      shares: [Share(revision: match.revision, version: match.version, weight: .all)],
      match: match, sampling: sampling, affinity: affinity, slices: slices,
      isReplicated: isReplicated)
  }
}

extension [String: JSONValue] {
  /// An object with one member more, or with another value of it.
  func with(_ key: String, _ value: JSONValue) -> Self { merging([key: value]) { $1 } }
}
