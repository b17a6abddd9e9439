import Manifests
import Rollouts
import Testing

/// The paths that an operator may choose, and whether each leads to one deployment.
@Suite struct PublicPathTests {
  private static func path(_ text: String, namespaces: String = "{}") -> PublicPath? {
    let file = """
      apiVersion: serin.dev/v1alpha1
      kind: Controller
      metadata: {name: serin}
      spec:
        source: {url: /srv/models.git}
        namespaces: \(namespaces)
        runtimes:
          - name: cluster
            kubernetes:
              gateways: [{name: models}]
              image: serin
              path: \(text)
      """
    let runtimes = decodeController(Array(file.utf8), path: "x").configuration?.runtimes
    guard case .kubernetes(let settings)? = runtimes?.first?.place else { return nil }
    return settings.path
  }

  @Test(
    arguments: [
      ("/ml/{namespace}/{name}", "/ml/payments/fraud"), ("/{name}/{namespace}", "/fraud/payments"),
      ("/a_b~c:1.2/{namespace}/{name}/v2", "/a_b~c:1.2/payments/fraud/v2"),
    ])
  func holesAreFilled(template: String, path: String) {
    let fraud = DeploymentName(namespace: "payments", name: "fraud")
    #expect(Self.path(template)?.text(of: fraud) == path)
  }

  /// One namespace needs no name in the path; "*" stands for many, and no rules for all.
  @Test(
    arguments: [
      ("{payments: {}}", true), ("{}", false), ("{\"*\": {}}", false),
      ("{payments: {}, \"*\": {}}", false), ("{payments: {}, fraud: {}}", false),
    ])
  func aNamespaceMayBeLeftOut(namespaces: String, isFine: Bool) {
    #expect((Self.path("/ml/{name}", namespaces: namespaces) != nil) == isFine)
  }

  /// A gateway compares paths by their parts: no path is another one's, and none lies below another or its inferences.
  @Test(arguments: ["/ml/{namespace}/{name}", "/{name}/x/{namespace}", "/{namespace}/{name}/ml"])
  func noDeploymentIsFoundAtAnothersPath(template: String) throws {
    let words = ["a", "b", "ml", "x", "infer", "a-b", "v2"]
    let names = words.flatMap { first in
      words.map { DeploymentName(namespace: first, name: $0) }
    }
    let chosen = try #require(Self.path(template))
    for one in names {
      for other in names where other != one {
        let (path, others) = (chosen.text(of: one), chosen.text(of: other))
        #expect(path != others && !path.hasPrefix(others + "/"), "\(one) and \(other)")
      }
    }
  }

  @Test(arguments: [("default", "/v2/models/m"), ("payments", "/payments/v2/models/m")])
  func theUsualPathIsThatOfOneMachine(namespace: String, path: String) {
    #expect(PublicPath.usual(of: DeploymentName(namespace: namespace, name: "m")) == path)
  }
}
