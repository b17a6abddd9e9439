import Analysis
import Rollouts

/// What `spec.serving: batch` makes of the other keys: it has defaults of its own, and what needs requests is refused.
struct BatchRules {
  let fields: Fields

  /// A night and half a day: a nightly job begins and reports once in it, also when it is late.
  static let usualTime = Duration.seconds(36 * 3600)

  func strategy(_ written: WrittenStrategy) -> WrittenStrategy {
    fields.values["strategy"] == nil
      ? WrittenStrategy(strategy: Strategy(kind: .blueGreen, steps: [])) : written
  }

  func bake(_ written: WrittenBake) -> WrittenBake {
    fields.values["bake"] == nil ? WrittenBake(length: Self.usualTime) : written
  }

  /// How many records are taken to fail for one reason: a file or a page of a table.
  ///
  /// A run reports seldom, and often once. Where a look is one bet, as it is usually, a single one never condemns.
  static let usualCluster = 100

  func analysis(_ written: AnalysisSettings) -> AnalysisSettings {
    let node = fields.values["analysis"]
    return AnalysisSettings(
      confidence: written.confidence,
      dependence: node?["dependence"] == nil ? .clustered(Self.usualCluster) : written.dependence,
      tolerance: written.tolerance, interval: written.interval, minRequests: written.minRequests,
      onNoData: written.onNoData, onInconclusive: written.onInconclusive,
      noDataAfter: node?["noDataAfter"] == nil ? Self.usualTime : written.noDataAfter,
      warmUp: written.warmUp)
  }

  /// Reports what makes no sense without requests and servers, each at its place.
  func refuse(_ written: WrittenStrategy, _ objectives: [Objective], _ bake: WrittenBake) {
    if !written.strategy.steps.isEmpty {
      fields.error(
        "\(named(written.strategy)) splits requests, and with \"serving: batch\" there are none",
        on: "strategy", hint: "choose blueGreen or recreate, or remove it: blueGreen is the default"
      )
    }
    for (objective, place) in zip(objectives, places) where objective.isOfLatency {
      fields.findings.error(
        "latency has no data with \"serving: batch\": a job reports what failed, not how long it took",
        at: place, hint: "promise errors alone")
    }
    if bake.holdback ?? .none > .none {
      fields.error(
        "nothing can be held back with \"serving: batch\": each run reads one model", on: "bake",
        hint: "remove holdback")
    }
    refuse(
      "drift", "nothing is captured of a job, so there is no drift to watch with \"serving: batch\""
    )
    refuse("load", "there are no requests with \"serving: batch\", so there is no load")
    refuse("replicas", "there are no servers with \"serving: batch\"")
    refuse("slices", "there are no requests to group with \"serving: batch\"")
    guard let smoke = fields.values["model"]?["smoke"] else { return }
    fields.findings.error(
      "no server answers a smoke request with \"serving: batch\"", at: smoke.place,
      hint: "remove it; let the job try the model before its run")
  }

  /// Where the promises stand.
  private var places: [TextPosition] {
    guard case .sequence(let items) = fields.values["slos"]?.content else { return [] }
    return items.map(\.position)
  }

  private func refuse(_ key: String, _ message: String) {
    guard fields.values[key] != nil else { return }
    fields.error(message, on: key, hint: "remove it")
  }

  private func named(_ strategy: Strategy) -> String { "\"\(strategy.kind.rawValue)\"" }
}

extension Objective {
  fileprivate var isOfLatency: Bool { if case .latency = promise { true } else { false } }
}
