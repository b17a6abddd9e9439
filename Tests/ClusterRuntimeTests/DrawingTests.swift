import Delivery
import Encoding
import Golden
import Kubernetes
import Manifests
import Rollouts
import Testing

@testable import ClusterRuntime

/// The objects as the cluster gets them, to be read like a manifest.
@Suite struct DrawingTests {
  private static func text(_ objects: [DrawnObject]) -> String {
    objects.map(\.json.indented).joined(separator: "\n") + "\n"
  }

  @Test(arguments: [(ClusterServing.kserve, "kserve"), (.container(port: 8080), "container")])
  func revisions(server: ClusterServing, name: String) throws {
    var settings = Drawings.settings(server)
    settings.pod = ["nodeSelector": ["pool": "models"], "serviceAccountName": "models"]
    settings.container = [
      "image": "registry.example.org/mlserver:1", "resources": ["limits": ["memory": "2Gi"]],
    ]
    settings.fetch = [
      "args": ["--ca-file=/etc/ca/ca.crt"], "name": "theirs",
      "volumeMounts": [["name": "ca", "mountPath": "/etc/ca"]],
    ]
    settings.allowedHosts = ["models.example.org"]
    settings.labels = ["team": "payments", "serin.dev/owner": "somebody else"]
    let drawing = RevisionDrawing(
      names: Drawings.names(Drawings.fraud, settings), settings: settings,
      revision: Drawings.eight, replicas: 2)
    try expectGolden(Self.text(drawing.objects), "revision-\(name).json")
  }

  /// Where others say how many replicas there are, no number is applied that they would have to fight for.
  @Test(arguments: [ClusterServing.kserve, .container(port: 8080)])
  func whatOthersScale(server: ClusterServing) throws {
    var settings = Drawings.settings(server)
    settings.scaling = .others
    let drawing = RevisionDrawing(
      names: Drawings.names(Drawings.fraud, settings), settings: settings,
      revision: Drawings.eight, replicas: 2)
    #expect(!Self.text(drawing.objects).contains("eplicas"))
  }

  /// Where drift is watched the server tells what it is asked and answers; other servers stay as they were drawn.
  @Test func aLoggedServer() throws {
    var settings = Drawings.settings(.kserve)
    var drawing = RevisionDrawing(
      names: Drawings.names(Drawings.fraud, settings), settings: settings,
      revision: Drawings.eight, replicas: 1)
    let before = drawing.server
    settings.payloads = PayloadSettings(url: "http://serin.serin:9465")
    drawing = RevisionDrawing(
      names: Drawings.names(Drawings.fraud, settings), settings: settings,
      revision: Drawings.eight, replicas: 1)
    #expect(drawing.server == before)
    drawing.isLogged = true
    try expectGolden(Self.text(drawing.objects), "revision-logged.json")
  }

  /// A split in a namespace of its own, with the path that clients use rewritten to the server's.
  @Test func aSplit() throws {
    let settings = Drawings.settings(.kserve)
    let routing = Routing(
      generation: 12, shares: Drawings.shares([(Drawings.seven, 950), (Drawings.eight, 50)]),
      sampling: .none)
    var route = Drawings.route(Drawings.fraud, settings, routing)
    route.decision = 48230
    try expectGolden(Self.text([route.object]), "route-split.json")
  }

  /// The path that an operator has chosen is rewritten to the server's, unless it is the same.
  @Test(
    arguments: [
      ("/ml/{namespace}/{name}", "/ml/payments/fraud"), ("/v2/models/{name}", nil),
    ] as [(String, String?)])
  func aChosenPath(template: String, path: String?) throws {
    var settings = Drawings.settings(.kserve)
    settings.path = try Drawings.path(template)
    let routing = Routing(
      generation: 1, shares: Drawings.shares([(Drawings.seven, 1000)]), sampling: .none)
    let rules = Drawings.route(Drawings.fraud, settings, routing).object.json[["spec", "rules"]]
    let own = "/v2/models/fraud"
    for (rule, rest) in zip(try #require(rules?.items), ["/infer", "/generate", ""]) {
      let match = try #require(rule["matches"]?.items.first?["path"])
      #expect(match["value"] == .string((path ?? own) + rest))
      let key = rest.isEmpty ? "replacePrefixMatch" : "replaceFullPath"
      let rewrite = rule["filters"]?.items.first?[["urlRewrite", "path", key]]
      #expect(rewrite == (path == nil ? nil : .string(own + rest)))
    }
  }

  /// A route's mark changes with what the operator chose, and with nothing that a plan says.
  @Test func aRouteIsMarkedByItsSettings() throws {
    func mark(_ settings: KubernetesSettings, _ generation: Int) -> String? {
      let routing = Routing(
        generation: generation, shares: Drawings.shares([(Drawings.seven, 1000)]), sampling: .none)
      return Drawings.route(Drawings.fraud, settings, routing).object
        .json[["metadata", "annotations", ClusterNames.Key.drawing]]?.string
    }
    let settings = Drawings.settings(.kserve)
    let changes: [(inout KubernetesSettings) throws -> Void] = [
      { $0.path = try Drawings.path("/ml/{namespace}/{name}") }, { $0.hostnames = [] },
      { $0.requestTimeout = .seconds(1) }, { $0.inferencePaths = ["infer"] },
      { $0.gateways = [GatewayReference(name: "other")] },
    ]
    let marks = try changes.map { change in
      var changed = settings
      try change(&changed)
      return mark(changed, 1)
    }
    #expect(Set(marks + [mark(settings, 1)]).count == changes.count + 1)
    #expect(mark(settings, 1) == mark(settings, 2))
  }

  /// What people are told of the decision is no part of what has to be so.
  @Test func aDecisionIsNotDemanded() {
    let routing = Routing(
      generation: 1, shares: Drawings.shares([(Drawings.seven, 1000)]), sampling: .none)
    var route = Drawings.route(Drawings.fraud, Drawings.settings(.kserve), routing)
    let before = route.object
    route.decision = 7
    #expect(route.object != before && route.object.demanded == before.json)
  }

  /// Copies, and a header that chooses, in the default namespace.
  @Test func copiesAndAHeader() throws {
    let settings = Drawings.settings(.container(port: 9000), namespace: "models")
    let match = try #require(HeaderMatch(header: "x-beta", value: "true"))
    let routing = Routing(
      generation: 3, shares: Drawings.shares([(Drawings.seven, 1000)]),
      mirror: Plan.Share(revision: Drawings.eight.id, weight: PerMille(200)),
      match: Plan.Match(revision: Drawings.eight.id, when: match), sampling: .none)
    let route = Drawings.route(Drawings.iris, settings, routing)
    try expectGolden(Self.text([route.object]), "route-match.json")
  }

  /// Names that would be too long keep apart what they are of.
  @Test func longNames() {
    let settings = Drawings.settings(.kserve, namespace: "models")
    let long = String(repeating: "x", count: 60)
    let names = ["\(long)a", "\(long)b"].map {
      Drawings.names(DeploymentName(namespace: "payments", name: $0), settings)
    }
    let all = names.flatMap { [$0.route.name, $0.server(Drawings.eight.id).name] }
    #expect(Set(all).count == 4)
    for name in all {
      #expect(name.utf8.count <= 53 && name.wholeMatch(of: /[a-z0-9]([-a-z0-9]*[a-z0-9])?/) != nil)
    }
    #expect(names[0].service(Drawings.eight.id, of: .kserve).utf8.count <= 63)
  }

  @Test(arguments: [(60_000, "1m"), (100, "100ms"), (90_500, "1m30s500ms"), (86_400_000, "24h")])
  func durations(milliseconds: Int, text: String) {
    #expect(RouteDrawing.text(.milliseconds(milliseconds)) == text)
  }

  /// A text from a manifest is no variable of a pod.
  @Test func referencesAreTexts() throws {
    let settings = Drawings.settings(.container(port: 1))
    let revision = Drawings.revision("$(HOME)", id: "1234567890", digest: false)
    let drawing = RevisionDrawing(
      names: Drawings.names(Drawings.fraud, settings), settings: settings, revision: revision,
      replicas: 1)
    let text = Self.text(drawing.objects)
    #expect(text.contains("\"$$(HOME)\"") && !text.contains("\"$(HOME)\""))
    #expect(text.contains("https://models.example.org/fraud/$$(HOME).tar"))
  }

  /// What there is more is a default that a server filled in; what differs is somebody else's.
  @Test func whatIsSoIsToldFromWhatIsNot() {
    let drawn: JSONValue = ["a": 1, "b": [["c": "x"]]]
    #expect(drawn.isWithin(["a": 1, "b": [["c": "x", "d": true]], "e": .null]))
    #expect(!drawn.isWithin(["a": 1, "b": [["c": "y"]]]))
    #expect(!drawn.isWithin(["a": 1, "b": [["c": "x"], ["c": "z"]]]))
    #expect(!drawn.isWithin(["a": 1]))
    #expect(!drawn.isWithin(nil))
  }
}
