import Control
import Rollouts
import Testing

@testable import Prometheus

/// Servers of several teams are scraped by one Prometheus: what ails the series of one is nothing to the others.
@Suite struct StrangersTests {
  private static let fraud = DeploymentName(name: "fraud")
  private static let subjects = [
    subject(),
    CountSubject(deployment: fraud, revision: revision, labels: ["app": "fraud"], since: nil),
  ]

  /// Looks at what one server of each deployment counted: seconds and values.
  ///
  /// The other one answered Prometheus at some of the seconds alone, where they are given.
  private func look(
    _ meter: inout Meter, iris: [(Int, Double)], fraud: [(Int, Double)], answered: [Int]? = nil
  ) throws -> Counters {
    let tried = iris.map { ($0.0, answered?.contains($0.0) == false ? 0.0 : 1.0) }
    return try meter.take(
      [
        series("good_total", iris),
        series("good_total", ["app": "fraud"], pod: "b", fraud),
      ], health: [up(iris.map(\.0)), series("up", pod: "b", tried)], of: Self.subjects)
  }

  private func requests(_ counters: Counters) -> [Int?] {
    Self.subjects.map { counters.total(of: $0.revision, in: $0.deployment)?.requests }
  }

  /// A value that is no count says nothing of its deployment until it is one again, and then nothing is lost.
  @Test func aValueThatIsNoCountIsItsOwnersAlone() throws {
    var meter = Meter(.split)
    _ = try look(&meter, iris: [(10, 1)], fraud: [(10, 1)])
    let broken = try look(&meter, iris: [(20, 5)], fraud: [(20, 5.5)])
    #expect(requests(broken) == [4, 0])
    #expect(broken.asOf(of: deployment) == .second(20))
    #expect(broken.asOf(of: Self.fraud) == .second(10))
    #expect(meter.failures.keys.map(\.name) == ["fraud"])
    let mended = try look(&meter, iris: [(30, 6)], fraud: [(30, 9)])
    #expect(requests(mended) == [5, 8])
    #expect(mended.behind.isEmpty && meter.failures.isEmpty)
  }

  /// One that was never counted is known until no moment at all.
  @Test func whatIsBrokenFromTheBeginningIsNoData() throws {
    var meter = Meter(.split)
    let counters = try look(&meter, iris: [(10, 1)], fraud: [(10, -1)])
    #expect(requests(counters) == [0, nil])
    let later = try look(&meter, iris: [(20, 2)], fraud: [(20, -1)])
    #expect(later.asOf(of: deployment) == .second(20))
    #expect(later.asOf(of: Self.fraud) == .second(10))
    // What it showed while it was broken may be an earlier life's.
    let mended = try look(&meter, iris: [(30, 3)], fraud: [(20, -1), (30, 1000)])
    #expect(mended.asOf(of: Self.fraud) == .second(10))
    let steady = try look(&meter, iris: [(20, 2), (30, 3), (40, 3)], fraud: [(40, 1000)])
    #expect(requests(steady) == [2, 0])
    let counted = try look(&meter, iris: [(50, 3)], fraud: [(50, 1007)])
    #expect(requests(counted) == [2, 7])
  }

  /// A server that does not answer Prometheus any more holds up its own deployment alone, and is told of when it has missed three scrapes.
  @Test(arguments: [(40, false), (50, true)])
  func aServerThatIsSilentHoldsUpItsOwn(now: Int, isTold: Bool) throws {
    var meter = Meter(.split)
    _ = try look(&meter, iris: [(10, 1)], fraud: [(10, 1)])
    let iris = stride(from: 10, through: now, by: 10).map { ($0, Double($0)) }
    let counters = try look(&meter, iris: iris, fraud: [(10, 1)], answered: [10])
    #expect(counters.asOf(of: Self.fraud) == .second(10))
    #expect(counters.asOf(of: deployment) == .second(now))
    #expect((meter.failures[Self.fraud]?.kind == .noSamples) == isTold)
    #expect(meter.failures[deployment] == nil)
  }

  /// A native histogram of one is nothing to the other, and so is what no target has shown.
  @Test func aSeriesOfAnotherKindIsItsOwnersAlone() throws {
    var meter = Meter(.split)
    _ = try look(&meter, iris: [(10, 1)], fraud: [(10, 1)])
    let native = SampledSeries(
      labels: series("good_total", ["app": "fraud"], pod: "b", []).labels, samples: [],
      refusal: PrometheusError(.shape, "a native histogram"))
    var recorded = series("good_total", ["app": "iris"], [(20, 900)])
    recorded = SampledSeries(
      labels: recorded.labels.filter { $0.key != "instance" }, samples: recorded.samples)
    let counters = try meter.take(
      [series("good_total", [(20, 5)]), native, recorded],
      health: [up([10, 20]), up([10, 20], pod: "b")], of: Self.subjects)
    #expect(requests(counters) == [4, 0])
    #expect(meter.failures.mapValues(\.kind) == [Self.fraud: .shape])
  }

  /// Where nothing of any deployment can be counted there is no answer.
  @Test func whatAilsAllIsAnError() throws {
    var meter = Meter(.split)
    _ = try look(&meter, iris: [(10, 1)], fraud: [(10, 1)])
    #expect {
      try look(&meter, iris: [(20, 0.5)], fraud: [(20, 0.5)])
    } throws: {
      ($0 as? PrometheusError)?.kind == .value
    }
    let mended = try look(&meter, iris: [(30, 3)], fraud: [(30, 4)])
    #expect(requests(mended) == [2, 3])
  }
}
