import Encoding
import Rollouts

// Which requests are captured: those whose id says so. The same request is chosen by every Envoy and
// in every run, and anybody can tell later which ones that were; what is chosen of a larger share has
// all that is chosen of a smaller one. The split among revisions is by chance and has nothing to do
// with it, so that each revision is captured alike.
extension EnvoyConfiguration {
  /// What the hash of an id starts from; with another number other requests are chosen.
  ///
  /// Any will do but zero, with which others choose and balance by the same hash.
  package static let samplingSeed = 24_177

  /// Returns a table of routes for each share that is captured, the smallest share first, and one that
  /// captures nothing for all other requests.
  ///
  /// The requests that are not captured have no filter in their way. Whether the clusters of such
  /// routes exist, Envoy does not check: it is told of servers before it is told of routes.
  ///
  /// - Returns: nil when nothing is to be captured.
  func sampling(_ routes: [EnvoyRoute], _ lease: CaptureLease) -> JSONValue? {
    let captured = routes.filter { $0.sampling > .none && $0.isAnswered }
    guard !captured.isEmpty else { return nil }
    let matchers: [JSONValue] = Set(captured.map(\.sampling)).sorted().map { share in
      let table = list(routes) { $0.isAnswered && $0.sampling >= share ? lease : nil }
      return ["predicate": Self.isChosen(share), "on_match": Self.goOn(with: table)]
    }
    return [
      "matcher_list": ["matchers": .array(matchers)],
      "on_no_match": Self.goOn(with: list(routes) { _ in nil }),
    ]
  }

  /// Whether xxHash64 of the id, modulo 1000, is one of the highest; every request has an id by now.
  private static func isChosen(_ share: PerMille) -> JSONValue {
    let matching = "type.googleapis.com/envoy.extensions.matching"
    return [
      "single_predicate": [
        "input": [
          "name": "x-request-id",
          "typed_config": [
            "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
            "header_name": "x-request-id",
          ],
        ],
        "custom_match": [
          "name": "hash",
          "typed_config": [
            "@type": .string(
              "\(matching).input_matchers.consistent_hashing.v3.ConsistentHashing"),
            "threshold": .number(share.complement.value),
            "modulo": .number(PerMille.all.value),
            "seed": .number(samplingSeed),
          ],
        ],
      ]
    ]
  }

  private static func goOn(with routes: JSONValue) -> JSONValue {
    [
      "action": [
        "name": "routes",
        "typed_config": [
          "@type": "type.googleapis.com/envoy.config.route.v3.RouteList", "routes": routes,
        ],
      ]
    ]
  }
}
