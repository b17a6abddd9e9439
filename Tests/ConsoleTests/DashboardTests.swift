import Control
import Foundation
import Rollouts
import Testing
import Threads

/// What operators install beside the console names what the console really has.
@Suite struct DashboardTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The metrics that `/metrics` has, by the lines that say their types.
  private static func metrics() async throws -> Set<String> {
    let stage = Stage()
    var page = ""
    stage.state.withLock { state in
      var decided = DecisionCounts()
      decided.note(.advance, .evidence, at: Instant(milliseconds: 1))
      state.report = Stage.report(decided: decided)
    }
    try await stage.serving { page = try await Client.ask($0, "GET", "/metrics").body }
    let types = page.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
    return Set(types.map { String($0.split(separator: " ")[2]) })
  }

  private static func named(in text: String) -> Set<String> {
    Set(text.matches(of: /\bserin_[a-z_]+/).map { String($0.output) })
  }

  /// The dashboard and the alerts ask for no metric that there is not.
  @Test(arguments: ["manifests/grafana/serin.json", "manifests/prometheus/serin.rules.yaml"])
  func everyMetricIsThere(path: String) async throws {
    let (named, metrics) = (Self.named(in: try Self.text(path)), try await Self.metrics())
    #expect(!named.isEmpty)
    #expect(named.subtracting(metrics).sorted() == [])
  }

  /// The dashboard and the page on operating leave none out.
  @Test(arguments: ["manifests/grafana/serin.json", "docs/operating.md"])
  func noMetricIsLeftOut(path: String) async throws {
    let (named, metrics) = (Self.named(in: try Self.text(path)), try await Self.metrics())
    #expect(metrics.subtracting(named).sorted() == [])
  }

  /// What a kubelet asks a pod is answered.
  @Test func theProbesOfTheManifestsAreRoutes() async throws {
    let deployment = try Self.text("manifests/kubernetes/base/deployment.yaml")
    let paths = deployment.matches(of: /httpGet: {path: ([^,]+),/).map { String($0.output.1) }
    #expect(paths.sorted() == ["/healthz", "/readyz"])
    try await Stage().serving { port in
      for path in paths {
        let answer = try await Client.ask(port, "GET", path)
        #expect(answer.status == 200)
      }
    }
  }

  /// The dashboard is JSON, and no two of its panels have one number or one place.
  @Test func theDashboardIsWhole() throws {
    let json = try JSONSerialization.jsonObject(
      with: Data(try Self.text("manifests/grafana/serin.json").utf8))
    let panels = (json as? [String: Any])?["panels"] as? [[String: Any]] ?? []
    #expect(panels.count > 10)
    #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
    let places = panels.compactMap { panel -> String? in
      let place = panel["gridPos"] as? [String: Int]
      return place.map { "\($0["x"] ?? -1) \($0["y"] ?? -1)" }
    }
    #expect(Set(places).count == panels.count)
  }
}
