import Charts
import Rollouts
import Wording

extension Deployment {
  /// How the traffic moves to a healthy candidate when each step takes its shortest time.
  var planChart: TimeChart {
    let copies = trafficOverTime { $0?.isMirror == true ? $0?.weight ?? .none : .none }
    let series = [
      TimeChart.Series(name: "clients answered", points: trafficOverTime { $0?.share ?? .none })
    ]
    let hasCopies = copies.contains { $0.value > 0 }
    return TimeChart(
      title: "\(self.name) \(self.revision.model.version): the way to all traffic",
      description: "The share of the requests that the new model answers"
        + (hasCopies ? ", and that of which it gets a copy," : "")
        + " over time, when each step lasts as short as it may.",
      caption: "share of the requests (%)",
      series: series + (hasCopies ? [.init(name: "copies", points: copies)] : []),
      events: stages.dropFirst().map { .init(label: $0.name, seconds: $0.start / .seconds(1)) })
  }

  /// One shape of the traffic: what it is called, what the candidate gets, and from when on.
  private struct Stage {
    let name: String
    let route: Route?
    let start: Duration
    let length: Duration
  }

  private var stages: [Stage] {
    var start = Duration.zero
    func stage(_ name: String, _ route: Route?, _ length: Duration) -> Stage {
      defer { start += length }
      return Stage(name: name, route: route, start: start, length: length)
    }
    let steps = self.strategy.steps
    let before = max(.seconds(60), steps.reduce(.zero) { $0 + $1.atLeast } / 10)
    let all = [stage("", nil, before)] + steps.map { stage($0.route.label, $0.route, $0.atLeast) }
    guard self.strategy.atEnd == .promote else {
      return all + [stage("hold", steps.last?.route, before)]
    }
    let bake = self.holdback.complement
    return all
      + [
        stage("bake", .split(weight: bake), max(before, self.bake)),
        stage("healthy", .split(weight: .all), before),
      ]
  }

  /// A value for each stage, drawn from its beginning to its end.
  private func trafficOverTime(_ weight: (Route?) -> PerMille) -> [TimeChart.Point] {
    stages.flatMap { stage in
      let percent = Double(weight(stage.route).value) / 10
      return [stage.start, stage.start + stage.length].map {
        TimeChart.Point(seconds: $0 / .seconds(1), value: percent)
      }
    }
  }
}
