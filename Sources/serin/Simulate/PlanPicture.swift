import Charts
import Rollouts
import Wording

extension Deployment {
  /// How the traffic moves to a healthy candidate when each step takes its shortest time.
  var planChart: TimeChart {
    let copies = trafficOverTime { $0.route?.isMirror == true ? $0.route?.weight ?? .none : .none }
    let hasCopies = copies.contains { $0.value > 0 }
    let whose =
      self.rivals == nil
      ? "the new model answers" : "all new models answer, and the one that is left,"
    let what = isRead ? "runs that read the new model" : "requests that \(whose)"
    let end = isRead ? "runs" : "traffic"
    return TimeChart(
      title: "\(self.name) \(self.revision.model.version): the way to all \(end)",
      description: "The share of the \(what)"
        + (hasCopies ? ", and that of which it gets a copy," : "")
        + " over time, when each step lasts as short as it may."
        + (self.strategy.isExclusive ? " How long nobody answers depends on the model." : ""),
      caption: "share of the \(isRead ? "runs" : "requests") (%)",
      series: clients + (hasCopies ? [.init(name: "copies", points: copies)] : []),
      events: stages.dropFirst().map { .init(label: $0.name, seconds: $0.start / .seconds(1)) })
  }

  /// Whether jobs read the model, and no client is answered.
  private var isRead: Bool { self.serving == .batch }

  /// What clients are answered by: of several candidates, all together and the one that is left.
  private var clients: [TimeChart.Series] {
    let one = trafficOverTime { $0.route?.share ?? .none }
    guard self.rivals != nil else {
      return [.init(name: isRead ? "runs that read it" : "clients answered", points: one)]
    }
    let all = trafficOverTime {
      PerMille(($0.route?.share ?? .none).value * ($0.isTest ? self.models.count : 1))
    }
    return [
      .init(name: "all new models", points: all), .init(name: "the one that wins", points: one),
    ]
  }

  /// One shape of the traffic: what it is called, what the candidate gets, and from when on.
  private struct Stage {
    let name: String
    let route: Route?
    let start: Duration
    let length: Duration
    /// Whether all candidates are tried, where there are several.
    var isTest = false
  }

  private var stages: [Stage] {
    var start = Duration.zero
    func stage(_ name: String, _ route: Route?, _ length: Duration) -> Stage {
      defer { start += length }
      return Stage(name: name, route: route, start: start, length: length)
    }
    let steps = self.strategy.steps
    let before = max(.seconds(60), steps.reduce(.zero) { $0 + $1.atLeast } / 10)
    let alone = stage("", nil, before)
    let tests = steps.map { step in
      var test = stage(step.route.label, step.route, step.atLeast)
      test.isTest = true
      return test
    }
    let pause = self.strategy.isExclusive ? [stage("nobody answers", nil, before)] : []
    let all = [alone] + tests + pause
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
  private func trafficOverTime(_ weight: (Stage) -> PerMille) -> [TimeChart.Point] {
    stages.flatMap { stage in
      let percent = Double(weight(stage).value) / 10
      return [stage.start, stage.start + stage.length].map {
        TimeChart.Point(seconds: $0 / .seconds(1), value: percent)
      }
    }
  }
}
