import Analysis
import Rollouts
import Testing

@testable import Control

/// What is counted between two readings: each series compared with itself alone.
@Suite struct CounterReadingTests {
  static let iris = DeploymentName(namespace: "default", name: "iris")

  /// One series of a reading: its revision, its source, its epoch and its requests.
  struct Written: Sendable {
    let revision: String
    let source: String
    let epoch: String
    let requests: Int

    init(_ revision: String, _ source: String, _ epoch: String, _ requests: Int) {
      (self.revision, self.source) = (revision, source)
      (self.epoch, self.requests) = (epoch, requests)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let readings: [[Written]]
    /// What the last reading adds, by revision.
    let counted: [String: Int]

    init(_ name: String, _ readings: [[Written]], _ counted: [String: Int]) {
      (testDescription, self.readings, self.counted) = (name, readings, counted)
    }
  }

  static let cases = [
    Case("the first reading counts nothing", [[Written("a", "p", "1", 9)]], [:]),
    Case(
      "what grew", [[Written("a", "p", "1", 9)], [Written("a", "p", "1", 12)]], ["a": 3]),
    Case(
      "nothing new is zero, and that is data",
      [[Written("a", "p", "1", 9)], [Written("a", "p", "1", 9)]], ["a": 0]),
    Case(
      "another epoch counts from zero, also when it is larger",
      [[Written("a", "p", "1", 9)], [Written("a", "p", "2", 12)]], ["a": 12]),
    Case(
      "a count that went back has started again without a word",
      [[Written("a", "p", "1", 9)], [Written("a", "p", "1", 4)]], ["a": 4]),
    Case(
      "one pod's reset leaves the other's history alone",
      [
        [Written("a", "p", "1", 1000), Written("a", "q", "1", 500)],
        [Written("a", "p", "2", 3), Written("a", "q", "1", 507)],
      ], ["a": 10]),
    Case(
      "one revision's reset leaves the other's history alone",
      [
        [Written("a", "p", "1", 1000), Written("b", "p", "1", 500)],
        [Written("a", "p", "2", 3), Written("b", "p", "1", 507)],
      ], ["a": 3, "b": 7]),
    Case(
      "a new pod counts from zero",
      [
        [Written("a", "p", "1", 1000)], [Written("a", "p", "1", 1001), Written("a", "q", "1", 5)],
      ], ["a": 6]),
    Case(
      "a pod that is gone takes nothing with it",
      [
        [Written("a", "p", "1", 1000), Written("a", "q", "1", 5)], [Written("a", "q", "1", 7)],
      ], ["a": 2]),
    Case(
      "a pod that was not seen for a while goes on where it was",
      [
        [Written("a", "p", "1", 1000), Written("a", "q", "1", 5)], [Written("a", "q", "1", 6)],
        [Written("a", "q", "1", 6)], [Written("a", "p", "1", 1004), Written("a", "q", "1", 6)],
      ], ["a": 4]),
    Case(
      "one that comes back in a new epoch counts from zero",
      [
        [Written("a", "p", "1", 1000)], [], [Written("a", "p", "2", 1004)],
      ], ["a": 1004]),
    Case(
      "a revision that was unloaded begins anew",
      [
        [Written("a", "p", "1", 9), Written("old", "p", "1", 5)], [Written("a", "p", "1", 9)],
        [Written("a", "p", "1", 9), Written("old", "p", "1", 7)],
      ], ["a": 0, "old": 7]),
  ]

  @Test(arguments: cases) func differences(item: Case) throws {
    var reading = CounterReading(counters(item.readings[0], at: 0), of: Self.iris)
    var counted: [Revision.ID: Counts]? = [:]
    for (index, written) in item.readings.enumerated().dropFirst() {
      counted = reading.move(
        to: counters(written, at: index), of: Self.iris, keeping: [Revision.ID("a")],
        at: moment(index))
    }
    let requests = try #require(counted).map { ($0.key.description, $0.value.requests) }
    #expect(Dictionary(uniqueKeysWithValues: requests) == item.counted)
  }

  /// Counters that are no newer are no data, and what they hold is counted with the next that are.
  @Test func theSameMomentIsNoData() throws {
    var reading = CounterReading(counters([Written("a", "p", "1", 1)], at: 5), of: Self.iris)
    let before = reading
    for (second, count) in [(5, 1), (5, 7), (4, 0)] {
      let old = counters([Written("a", "p", "1", count)], at: second)
      #expect(reading.move(to: old, of: Self.iris, keeping: [], at: moment(9)) == nil)
      #expect(reading == before)
    }
    let new = counters([Written("a", "p", "1", 8)], at: 6)
    let counted = reading.move(to: new, of: Self.iris, keeping: [], at: moment(9))
    #expect(counted?[Revision.ID("a")]?.requests == 7)
  }

  /// A clock that was an hour ahead does not stop the counting for an hour.
  @Test func aReadingOfTheFutureIsNoBar() {
    var reading = CounterReading(counters([Written("a", "p", "1", 1)], at: 3600), of: Self.iris)
    let counted = reading.move(
      to: counters([Written("a", "p", "1", 3)], at: 10), of: Self.iris, keeping: [], at: moment(10))
    #expect(counted?[Revision.ID("a")]?.requests == 2 && reading.asOf == moment(10))
  }

  /// Pods come and go for ever, and what is remembered of them stays bounded: the newest.
  @Test func whatIsMissingIsBounded() {
    var reading = CounterReading(counters([], at: 0), of: Self.iris)
    let last = CounterReading.mostMissing + 50
    for second in 1...last {
      let pod = counters([Written("a", "pod-\(second)", "1", 7)], at: second)
      let counted = reading.move(
        to: pod, of: Self.iris, keeping: [Revision.ID("a")], at: moment(second))
      #expect(counted?[Revision.ID("a")]?.requests == 7)
    }
    #expect(reading.entries.count == CounterReading.mostMissing + 1)
    let back = counters([Written("a", "pod-\(last - 10)", "1", 8)], at: last + 1)
    let counted = reading.move(
      to: back, of: Self.iris, keeping: [Revision.ID("a")], at: moment(last + 1))
    #expect(counted?[Revision.ID("a")]?.requests == 1)
  }

  /// Whatever the sources do, nothing is counted twice and nothing is lost: pods are asked, start again
  /// and vanish for a while, and in the end every request is counted once.
  @Test(arguments: 1...50) func everythingIsCountedOnce(seed: Int) {
    var random = Draws(seed: UInt64(seed))
    let sources = ["p", "q", "r"]
    var pods = Dictionary(uniqueKeysWithValues: sources.map { ($0, (epoch: 0, count: 0)) })
    var (served, counted) = (0, 0)
    var reading = CounterReading(counters([], at: 0), of: Self.iris)
    for second in 1...200 {
      for source in sources {
        let requests = random.next(below: 20)
        served += requests
        pods[source]?.count += requests
      }
      // Nothing is hidden when a pod starts again, nor at the end: what it had counted would be lost.
      let isHiding = second % 10 != 0 && second < 195
      let seen = sources.filter { _ in !isHiding || random.next(below: 4) > 0 }
      let written = seen.map { Written("a", $0, "\(pods[$0]!.epoch)", pods[$0]!.count) }
      let now = reading.move(
        to: counters(written, at: second), of: Self.iris, keeping: [Revision.ID("a")],
        at: moment(second))
      counted += now?[Revision.ID("a")]?.requests ?? 0
      if second % 10 == 0 { pods[sources[random.next(below: 3)]] = (second, 0) }
    }
    #expect(counted == served)
  }

  /// Numbers that are the same in every run.
  struct Draws {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  func moment(_ second: Int) -> Instant { Instant(milliseconds: Int64(second) * 1000) }

  func counters(_ written: [Written], at second: Int) -> Counters {
    let series = written.map { item in
      (
        CounterSeries.ID(Revision.ID(item.revision), of: item.source),
        CounterSeries(
          epoch: item.epoch,
          counts: Counts(
            requests: item.requests, errors: item.requests / 2,
            latency: Histogram(edges: [10], counts: [item.requests, 0])))
      )
    }
    return Counters(
      asOf: moment(second), series: [Self.iris: Dictionary(uniqueKeysWithValues: series)])
  }
}
