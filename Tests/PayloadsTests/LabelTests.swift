import Control
import Payloads
import Profiles
import Rollouts
import Testing

/// Labels that come late, twice, too early, or for nothing.
@Suite struct LabelTests {
  @Test func countsAtMaturity() async {
    let desk = await Desk()
    desk.take(Desk.request, id: "a")
    desk.label("a", .number(1))
    #expect(await desk.counts.labelled == 0)
    desk.clock.advance(by: .milliseconds(59_999))
    #expect(await desk.counts.labelled == 0)
    desk.clock.advance(by: .milliseconds(1))
    #expect(await desk.counts.labelled == 1)
    #expect(await desk.counts.wrong == 562_500)
  }

  @Test func eachLabelOnce() async {
    let desk = await Desk()
    desk.take(Desk.request, id: "a")
    desk.take(Desk.request, id: "a")
    for id in ["a", "a", "b", "b", "c"] { desk.label(id, .number(0)) }
    desk.take(Desk.request, id: "b")
    desk.label("b", .text("maybe"))
    desk.clock.advance(by: .seconds(60))
    #expect(await desk.counts.integers.prefix(6) == [2, 0, 0, 2, 125_000, 0])
    desk.label("a", .number(1))
    desk.take(Desk.request, id: "a")
    #expect(await desk.counts.requests == 2)
    let statistics = await desk.intake.statistics()
    #expect(statistics.replayed == 2)
    #expect(statistics.labels.joined == 1 && statistics.labels.waiting == 2)
    #expect(statistics.labels.doubled == 2 && statistics.labels.late == 1)
    #expect(statistics.labels.unusable == 1)
  }

  /// A label for an id that no request had is forgotten after a minute, and joins no request that takes the id then.
  @Test func aLabelWaitsForAMinute() async {
    let desk = await Desk()
    desk.label("early", .number(1))
    desk.clock.advance(by: .seconds(59))
    desk.take(Desk.request, id: "early")
    desk.label("forged", .number(1))
    desk.clock.advance(by: .seconds(60))
    desk.take(Desk.request, id: "forged")
    desk.clock.advance(by: .seconds(60))
    #expect(await desk.counts.labelled == 1)
    #expect(await desk.intake.statistics().labels.unknown == 1)
  }

  @Test func memoryOfPredictionsIsBounded() async {
    let desk = await Desk(limits: IntakeLimits(predictions: 10, labels: 10))
    for index in 0..<100 {
      desk.take(Desk.request, id: "\(index)")
      desk.label("unknown \(index)", .number(1))
    }
    for index in 0..<100 { desk.label("\(index)", .number(1)) }
    desk.clock.advance(by: .seconds(60))
    #expect(await desk.counts.labelled == 10)
    let statistics = await desk.intake.statistics()
    #expect(statistics.forgotten == 90 && statistics.labels.unknown == 190)
  }

  /// An event from tomorrow waits no longer than one from now, and one of long ago not at all.
  @Test func timesOfEventsAreNotTrusted() async {
    let desk = await Desk()
    for (id, hours) in [("old", -1000), ("new", 1000)] {
      desk.intake.take(
        PayloadEvent(
          deployment: Desk.deployment, revision: Desk.revision, requestID: id,
          at: desk.clock.now.advanced(by: .seconds(3600 * hours)),
          request: Array(Desk.request.utf8), response: Array(Desk.answer.utf8), status: 200))
      desk.label(id, .number(0))
    }
    desk.clock.advance(by: .seconds(60))
    #expect(await desk.counts.labelled == 1)
  }

  private static func column(_ kind: ProfileColumn.Kind, _ range: ValueRange? = nil)
    -> ProfileColumn
  {
    ProfileColumn(
      name: "first", kind: kind, counts: Array(repeating: 0, count: kind.bins + 1), range: range)
  }

  private static let probability = column(.number(edges: [0.1, 0.9]))
  private static let second = ProfileColumn(
    name: "second", kind: .number(edges: [0.5]), counts: [0, 0, 0])
  private static let category = column(.category(values: ["cat", "7"]))

  @Test(arguments: [
    ([category], #""cat""#, Label.Value.text("cat"), 0),
    ([category], #""cat""#, .text("dog"), 1_000_000),
    ([category], #""bird""#, .text("dog"), 1_000_000),
    ([category], "7.0", .text("7"), 0), ([category], #""7""#, .number(7), 0),
    ([column(.text(edges: [3]))], #""yes""#, .text("yes"), 0),
    ([probability], "0.25", .number(1), 562_500), ([probability], "0.25", .text("true"), 562_500),
    ([probability], "true", .number(1), 0), ([probability], "7", .number(1), 1_000_000),
    ([column(.number(edges: [10, 30]))], "25", .number(20), 250_000),
    ([column(.number(edges: [10, 30]))], "25", .text("1e3"), 1_000_000),
    ([column(.number(edges: []))], "25", .number(25), 0),
    ([column(.number(edges: []))], "25", .number(26), 1_000_000),
    ([column(.number(edges: [1]), ValueRange(-50, 50))], "25", .number(20), 100_000),
    ([column(.vector(dimension: 3, edges: []))], "[0.1, 0.7, 0.2]", .number(1), 0),
    ([column(.vector(dimension: 3, edges: []))], "[0.1, 0.7, 0.2]", .text("2"), 1_000_000),
    ([probability, second], "[0.3, 0.7]", .text("second"), 0),
    ([probability, second], "[0.3, 0.7]", .number(0), 1_000_000),
  ])
  func wrong(outputs: [ProfileColumn], answer: String, label: Label.Value, wrong: Int) async {
    let desk = await Desk(outputs: outputs)
    for id in (0..<16).map(String.init) {
      desk.take(Desk.request, #"{"predictions": [\#(answer)]}"#, id: id)
      desk.label(id, label)
    }
    desk.clock.advance(by: .seconds(60))
    #expect(await desk.counts.labelled == 16)
    #expect(await desk.counts.wrong == wrong * 16)
  }

  /// A batch has many predictions and one id; a failed request has none.
  @Test func nothingToLabel() async {
    let desk = await Desk()
    desk.take(Desk.request, #"{"predictions": [0.1, 0.2]}"#, id: "a")
    desk.take(Desk.request, status: 500)
    desk.label("a", .number(1))
    desk.clock.advance(by: .seconds(60))
    #expect(await desk.counts.labelled == 0)
  }
}
