import Control
import Rollouts
import Testing

@testable import Prometheus

/// A pod is one server, whoever scrapes it, and for however long nobody does.
@Suite struct PodTargetTests {
  private let subjects = [subject(since: 8)]

  /// What one target of the pod showed.
  private func look(
    _ meter: inout Meter, _ samples: [(Int, Double)], target: String = "a"
  ) throws -> Int? {
    let moments = samples.map(\.0)
    let start = series("process_start_time_seconds", pod: target, moments.map { ($0, 9) })
    return try meter.take(
      [series("good_total", pod: target, samples)], health: [up(moments, pod: target), start],
      of: subjects
    ).total(of: revision, in: deployment)?.requests
  }

  /// Each request would count twice, as where a ServiceMonitor and a PodMonitor name one pod.
  @Test func twoTargetsOfOnePodAreNoData() {
    var meter = Meter(.pods)
    #expect {
      try meter.take(
        [series("good_total", [(10, 5)]), series("good_total", pod: "b", [(10, 5)])],
        health: [up([10]), up([10], pod: "b")], of: subjects)
    } throws: {
      "\($0)".contains("several targets tell of one pod")
    }
  }

  /// A job of another name makes another target of it, of which nothing is new.
  @Test func anotherTargetOfThePodGoesOn() throws {
    var meter = Meter(.pods)
    #expect(try look(&meter, [(10, 100), (20, 110)]) == 110)
    #expect(try look(&meter, [(80, 115), (90, 120)], target: "b") == 115)
  }

  /// After an hour without an answer the series are forgotten, and what they had counted is not new.
  @Test func whatIsForgottenIsNotCountedTwice() throws {
    var meter = Meter(.pods)
    #expect(try look(&meter, [(10, 100), (20, 110)]) == 110)
    #expect(try look(&meter, [(4000, 150), (4010, 160)]) == 120)
  }
}
