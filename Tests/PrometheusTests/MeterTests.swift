import Analysis
import Control
import Manifests
import Rollouts
import Testing

@testable import Prometheus

/// What is made of samples, look by look.
@Suite struct MeterTests {
  /// Takes looks at one counter of good answers, and returns the requests after each.
  private func totals(
    _ looks: [[(Int, Double)]], health: [[SampledSeries]]? = nil, since: Int? = nil
  ) throws -> [Int?] {
    var meter = Meter(.split)
    return try looks.enumerated().map { index, samples in
      let known = health?[index] ?? [up(samples.map(\.0))]
      return try meter.take(
        [series("good_total", samples)], health: known, of: [subject(since: since)]
      ).total(of: revision, in: deployment)?.requests
    }
  }

  @Test func firstLookIsWhatOthersAreComparedWith() throws {
    #expect(try totals([[(10, 5), (20, 9)], [(20, 9), (30, 12)]]) == [0, 3])
  }

  @Test func resetCountsTheNewValue() throws {
    #expect(try totals([[(10, 100)], [(10, 100), (20, 110), (30, 4), (40, 9)]]) == [0, 19])
  }

  @Test func nothingNewIsNothing() throws {
    #expect(try totals([[(10, 5)], [(10, 5)], [(10, 5), (20, 6)], [(20, 6)]]) == [0, 0, 1, 1])
  }

  /// A change of Prometheus' own settings gives every series other labels: what it had counted is not new.
  @Test func seriesUnderOtherLabelsGoOn() throws {
    var meter = Meter(.split)
    let looks = [
      series("good_total", [(10, 100)]),
      series("good_total", ["zone": "b"], [(20, 130)]),
      series("good_total", ["zone": "b"], [(30, 137)]),
    ]
    let totals = try looks.map { look in
      try meter.take([look], health: [up([10, 20, 30])], of: [subject()])
        .total(of: revision, in: deployment)?.requests
    }
    #expect(totals == [0, 0, 7])
  }

  @Test func gapIsBridged() throws {
    #expect(try totals([[(10, 5)], [(500, 25)]]) == [0, 20])
  }

  @Test func whatBeganBeforeSinceIsLeftOut() throws {
    #expect(
      try totals([[(10, 1)], [(10, 1), (20, 5), (30, 7), (40, 12)]], since: 30) == [0, 5])
  }

  /// A place that is known to have been empty is counted from then on, in the first answer as well.
  @Test(arguments: [(nil, 0), (5, 6), (10, 6), (15, 2)] as [(Int?, Int)])
  func knownBeginningIsCountedInTheFirstAnswer(since: Int?, expected: Int) throws {
    #expect(try totals([[(10, 1), (20, 5), (30, 7)]], since: since) == [expected])
  }

  /// Before the first request a gateway shows nothing of a place; what comes is new, whenever it is first seen.
  @Test(arguments: [nil, 5] as [Int?])
  func whatWasNotThereCountsFromZero(since: Int?) throws {
    var meter = Meter(.split)
    let subjects = [subject(since: since)]
    #expect { try meter.take([], health: [], of: subjects) } throws: {
      ($0 as? PrometheusError)?.kind == .noSamples
    }
    let counters = try meter.take(
      [series("good_total", [(30, 7), (40, 9)])], health: [up([10, 20, 30, 40])], of: subjects)
    #expect(counters.total(of: revision, in: deployment)?.requests == 9)
  }

  /// That a process has begun is no news when its target was never scraped before: Prometheus itself may be new.
  @Test func beginningOfAProcessIsNoNewsByItself() throws {
    var meter = Meter(.split)
    func look(_ samples: [(Int, Double)]) throws -> Int? {
      let starts = series("process_start_time_seconds", samples.map { ($0.0, 5) })
      return try meter.take(
        [series("good_total", samples)], health: [up(samples.map(\.0)), starts], of: [subject()]
      ).total(of: revision, in: deployment)?.requests
    }
    _ = try? meter.take([], health: [], of: [subject()])
    #expect(try look([(10, 100)]) == 0)
    #expect(try look([(10, 100), (20, 103)]) == 3)
  }

  /// The value is an old one when the target had not been scraped for as long as an answer reaches back.
  @Test func whatWasNotScrapedIsNotNew() throws {
    var meter = Meter(.split)
    _ = try? meter.take([], health: [], of: [subject()])
    let counters = try meter.take(
      [series("good_total", [(30, 70), (40, 72)])], health: [up([30, 40])], of: [subject()])
    #expect(counters.total(of: revision, in: deployment)?.requests == 2)
  }

  /// A place that changes hands: each revision has what grew while nothing but it was there.
  @Test func placeThatChangesHands() throws {
    var meter = Meter(.split)
    let samples = [(10, 5.0), (20, 9.0), (30, 9.0), (40, 16.0)]
    let next = Revision.ID("r2")
    func look(_ count: Int, _ subject: CountSubject) throws -> Counters {
      let known = Array(samples.prefix(count))
      return try meter.take(
        [series("good_total", known)], health: [up(known.map(\.0))], of: [subject])
    }
    #expect(try look(1, subject(since: 0)).total(of: revision, in: deployment)?.requests == 0)
    #expect(try look(2, subject(since: 0)).total(of: revision, in: deployment)?.requests == 4)
    let counters = try look(4, subject(since: 25, revision: next))
    #expect(counters.total(of: next, in: deployment)?.requests == 7)
  }

  @Test func newSeriesCountsFromZeroAfterAScrapeWithoutIt() throws {
    var meter = Meter(.split)
    let other = series("good_total", ["app": "other"], pod: "b", [(10, 1)])
    let subjects = [subject(), subject(app: "other", revision: .init("r2"))]
    _ = try meter.take([other], health: [up([10], pod: "b")], of: subjects)
    let health = [up([10, 20, 30]), up([10, 20], pod: "b")]
    let counters = try meter.take(
      [other, series("good_total", [(20, 7), (30, 8)])], health: health, of: subjects)
    #expect(counters.total(of: revision, in: deployment)?.requests == 8)
  }

  /// A new pod whose process began before anything is known of it.
  @Test(arguments: [(nil, 1), (5, 1), (16, 8)] as [(Int?, Int)])
  func newTargetCountsFromZeroIfItsProcessIsNew(start: Int?, expected: Int) throws {
    var meter = Meter(.split)
    let old = series("good_total", pod: "b", [(10, 1)])
    _ = try meter.take([old], health: [up([10], pod: "b")], of: [subject(since: 10)])
    var health = [up([20, 30]), up([10, 20], pod: "b")]
    if let start {
      health.append(
        series("process_start_time_seconds", [(20, Double(start)), (30, Double(start))]))
    }
    let counters = try meter.take(
      [old, series("good_total", [(20, 7), (30, 8)])], health: health, of: [subject(since: 10)])
    #expect(counters.total(of: revision, in: deployment)?.requests == expected)
  }

  @Test func vanishedPodKeepsItsValueAndDoesNotHoldTheRest() throws {
    var meter = Meter(.split)
    let health = [up([10, 20]), up([10, 20], pod: "b")]
    _ = try meter.take(
      [series("good_total", [(10, 5)]), series("good_total", pod: "b", [(10, 5)])],
      health: health, of: [subject()])
    _ = try meter.take(
      [series("good_total", [(20, 8)]), series("good_total", pod: "b", [(20, 9)])],
      health: health, of: [subject()])
    let counters = try meter.take(
      [series("good_total", [(100, 10)])], health: [up([90, 100])], of: [subject()])
    #expect(counters.total(of: revision, in: deployment)?.requests == 9)
    #expect(counters.asOf == .second(100))
  }

  @Test func targetThatIsBehindHoldsTheMoment() throws {
    var meter = Meter(.split)
    let failing = series("up", pod: "b", [(10, 1), (20, 0), (100, 0)])
    let counters = try meter.take(
      [series("good_total", [(100, 10)]), series("good_total", pod: "b", [(10, 5)])],
      health: [up([90, 100]), failing], of: [subject()])
    #expect(counters.asOf == .second(10))
  }

  @Test func noTargetLeftIsNoData() {
    var meter = Meter(.split)
    #expect(throws: PrometheusError(.noSamples, "none of the targets is scraped any longer")) {
      try meter.take([series("good_total", [(10, 5)])], health: [], of: [subject()])
    }
    #expect(throws: PrometheusError(.noSamples, "there are no samples")) {
      try meter.take([], health: [], of: [subject()])
    }
  }

  @Test func replicasAreCountedOnce() throws {
    var meter = Meter(.split)
    func look(_ samples: [String: [(Int, Double)]]) throws -> Int? {
      let all = samples.map { series("good_total", ["replica": $0.key], $0.value) }
      let health = samples.map { up($0.value.map(\.0), labels: ["replica": $0.key]) }
      return try meter.take(all, health: health, of: [subject()])
        .total(of: revision, in: deployment)?.requests
    }
    #expect(try look(["x": [(10, 5)], "y": [(10, 5)]]) == 0)
    #expect(try look(["x": [(20, 9)], "y": [(18, 8)]]) == 4)
    #expect(try look(["y": [(22, 8), (60, 20), (70, 21)]]) == 16)
  }

  @Test func otherEpochAfterARevisionWasNotAskedFor() throws {
    var meter = Meter(.split)
    let other = subject(app: "other", revision: .init("r2"))
    func epoch(_ subjects: [CountSubject]) throws -> String? {
      let counters = try meter.take(
        [series("good_total", [(10, 5)]), series("good_total", ["app": "other"], [(10, 5)])],
        health: [up([10])], of: subjects)
      return counters.series[deployment]?[CounterSeries.ID(revision, of: "prometheus")]?.epoch
    }
    let first = try epoch([subject(), other])
    #expect(try epoch([subject(), other]) == first)
    #expect(try epoch([other]) == nil)
    #expect(try epoch([subject(), other]) != first)
  }

  @Test func subjectThatGoesKeepsItsCountsInItsRevision() throws {
    var meter = Meter(.split)
    let both = [subject(), subject(app: "twin")]
    func look(_ moment: Int, _ value: Double, _ subjects: [CountSubject]) throws -> Int? {
      try meter.take(
        [
          series("good_total", [(moment, value)]),
          series("good_total", ["app": "twin"], [(moment, value)]),
        ], health: [up([moment])], of: subjects
      ).total(of: revision, in: deployment)?.requests
    }
    #expect(try look(10, 0, both) == 0)
    #expect(try look(20, 4, both) == 8)
    #expect(try look(30, 5, [subject()]) == 9)
  }

  @Test(arguments: [0.5, -1, .nan, .infinity, 1e17])
  func valueThatIsNoCount(value: Double) throws {
    var meter = Meter(.split)
    #expect {
      try meter.take([series("good_total", [(10, value)])], health: [up([10])], of: [subject()])
    } throws: { ($0 as? PrometheusError)?.kind == .value }
  }

  /// A target whose scrapes fail holds the moment back after its last sample is out of the answer; one that Prometheus has
  /// dropped does not, and one that has nothing to tell is known until its last scrape.
  @Test(arguments: [
    (failing: true, dropped: false, asOf: 20), (false, true, 90), (false, false, 90),
  ])
  func silentTargetsAreNotForgotten(failing: Bool, dropped: Bool, asOf: Int) throws {
    var meter = Meter(.split)
    let both = [
      series("good_total", pod: "a", [(20, 5)]), series("good_total", pod: "b", [(20, 5)]),
    ]
    _ = try meter.take(both, health: [up([20]), up([20], pod: "b")], of: [subject()])
    #expect(meter.targets.count == 2)
    let tries = series("up", pod: "b", [(20, 1)] + (30...90).map { ($0, failing ? 0 : 1) })
    let counters = try meter.take(
      [series("good_total", pod: "a", [(80, 9), (90, 10)])],
      health: [up(Array(20...90))] + (dropped ? [] : [tries]), of: [subject()])
    #expect(counters.asOf == .second(asOf))
  }
}
