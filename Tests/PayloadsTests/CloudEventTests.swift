import Control
import Payloads
import Profiles
import Rollouts
import Testing
import Threads

/// What KServe's payload logger sends, in both modes of CloudEvents over HTTP.
@Suite struct CloudEventTests {
  typealias Headers = [(name: String, value: String)]

  static func headers(
    _ side: String = "request", without missing: String = "", also others: [String: String] = [:]
  ) -> Headers {
    var headers = [
      "ce-specversion": "1.0", "CE-Id": "a1",
      "ce-type": "org.kubeflow.serving.inference.\(side)", "ce-inferenceservicename": "fraud",
      "ce-namespace": "payments", "ce-endpoint": "default",
      "ce-time": "2026-09-24T12:00:00.5+02:00", "Content-Type": "application/json",
    ]
    headers[missing] = nil
    headers.merge(others) { $1 }
    return headers.map { ($0.key, $0.value) }
  }

  static let structured = #"""
    {"specversion": "1.0", "id": "a1", "type": "org.kubeflow.serving.inference.request",
     "inferenceservicename": "fraud", "namespace": "payments", "endpoint": "default",
     "time": "2026-09-24T10:00:00.500Z", "other": {"data": 1},
    """#

  static let expected = PayloadPart(
    side: .request, id: "a1", deployment: Desk.deployment, server: .stable,
    at: Instant(milliseconds: 1_790_244_000_500), body: Array("{\"x\": [1, 2]}".utf8))

  @Test func binary() throws {
    #expect(try PayloadPart(headers: Self.headers(), body: Self.expected.body) == Self.expected)
  }

  @Test(arguments: [
    #""data": {"x": [1, 2]}}"#, #""data":  "{\"x\": [1, 2]}"}"#,
    #""data_base64": "eyJ4IjogWzEsIDJdfQ=="}"#, #""data_base64": "eyJ4IjogWzEsIDJdfQ"}"#,
  ])
  func structured(data: String) throws {
    let kind: Headers = [("content-type", "application/cloudevents+json; charset=utf-8")]
    let part = try PayloadPart(headers: kind, body: Array((Self.structured + data).utf8))
    #expect(part == Self.expected)
  }

  @Test(arguments: [
    (["ce-endpoint": "canary"], PayloadPart.Server.candidate),
    (["ce-endpoint": "canary", "ce-modelversion": "8"], .version("8")),
    (["ce-modelversion": "%E2%82%AC%"], .version("€%")),
  ])
  func server(headers: [String: String], expected: PayloadPart.Server) throws {
    let part = try PayloadPart(headers: Self.headers("response", also: headers), body: [])
    #expect(part.side == .response && part.server == expected)
  }

  /// Either mode names the entity, in an extension attribute.
  @Test func entities() throws {
    let binary = try PayloadPart(
      headers: Self.headers(also: ["ce-entity": "user%2042"]), body: Self.expected.body)
    #expect(binary.entity == "user 42")
    let kind: Headers = [("content-type", "application/cloudevents+json")]
    let body = Self.structured + #""entity": "user 42", "data": {}}"#
    #expect(try PayloadPart(headers: kind, body: Array(body.utf8)).entity == "user 42")
    #expect(Self.expected.entity == nil)
  }

  /// Errors are for the sender: word for word.
  @Test(arguments: [
    (headers(without: "CE-Id"), "the event has no attribute `id`"),
    (headers(without: "ce-type"), "the event has no attribute `type`"),
    (headers(without: "ce-namespace"), "the event has no attribute `namespace`"),
    (
      headers(without: "ce-inferenceservicename"),
      "the event has no attribute `inferenceservicename`"
    ),
    (headers(also: ["ce-specversion": "0.3"]), #"the specversion is "0.3", not "1.0""#),
    (headers(also: ["ce-endpoint": "blue"]), #"the endpoint is "blue", not "default" or "canary""#),
    (headers(also: ["ce-time": "noon\u{1B}"]), #"the time "noon\u{1B}" is not one by RFC 3339"#),
    (
      headers(also: ["CE-Id": String(repeating: "x", count: 513)]),
      "the attribute `id` is longer than 512 bytes"
    ),
    (
      headers("explanation"),
      #"the type is "org.kubeflow.serving.inference.explanation", not "#
        + #""org.kubeflow.serving.inference.request" or "org.kubeflow.serving.inference.response""#
    ),
    (
      [("Content-Type", "application/cloudevents-batch+json")],
      "events in batches are not taken; send each on its own"
    ),
    (
      [("Content-Type", "application/cloudevents+json")],
      "the event is no JSON object: byte 0: this is not JSON"
    ),
  ])
  func refused(headers: Headers, words: String) {
    let error = #expect(throws: CloudEventError.self) {
      try PayloadPart(headers: headers, body: Array("[]".utf8))
    }
    #expect(error?.description == words)
  }

  @Test(arguments: ["=", "A", "AAAA=", "A===", "A-==", "====", "AA=A"])
  func badBase64(text: String) {
    let body = Self.structured + #""data_base64": "\#(text)"}"#
    let error = #expect(throws: CloudEventError.self) {
      try PayloadPart(
        headers: [("content-type", "application/cloudevents+json")], body: Array(body.utf8))
    }
    #expect(error == .base64)
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.9999Z", -1),
      ("2000-02-29t01:02:03z", 951_786_123_000), ("2026-09-24 10:00:00-00:30", 1_790_245_800_000),
      ("0000-03-01T00:00:00Z", -62_162_035_200_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
      ("2024-12-31T23:59:60.123456789Z", 1_735_689_600_123),
    ] as [(String, Int64)])
  func times(text: String, milliseconds: Int64) {
    #expect(Instant(timestamp: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "2026", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1",
    "2026-01-01T00:00:00Zx",
  ])
  func noTimes(text: String) { #expect(Instant(timestamp: text) == nil) }
}

/// Halves come in any order, twice, or never.
@Suite struct PairingTests {
  /// Notes what it was given.
  final class Notes: PayloadIntake {
    struct State {
      var events: [PayloadEvent] = []
      var lost = 0
    }

    let state = Lock(State())
    func take(_ event: PayloadEvent) { state.withLock { $0.events.append(event) } }
    func take(_ label: Label) {}
    func take(_ conversion: Conversion) {}
    func noteLost(_ count: Int, of deployment: DeploymentName?) {
      state.withLock { $0.lost += count }
    }
    var ids: [String] { state.withLock { $0.events.map(\.requestID) } }
    var lost: Int { state.withLock { $0.lost } }
  }

  let notes = Notes()
  let clock = SetClock()

  func pairing(_ limits: Pairing.Limits = Pairing.Limits()) -> Pairing {
    Pairing(into: notes, clock: clock, limits: limits) { deployment, server in
      guard deployment == Desk.deployment else { return nil }
      return server == .stable ? Desk.revision : Revision.ID("candidate")
    }
  }

  static func part(
    _ side: PayloadPart.Side, _ id: String, _ server: PayloadPart.Server = .stable,
    bytes: Int = 1, entity: String? = nil
  ) -> PayloadPart {
    PayloadPart(
      side: side, id: id, deployment: Desk.deployment, server: server, at: nil,
      body: Array(repeating: side == .request ? 1 : 2, count: bytes), entity: entity)
  }

  /// One half says whom it is for; of two that say it the request's counts.
  @Test(arguments: [
    ("a", nil, "a"), (nil, "b", "b"), ("a", "b", "a"), (nil, nil, nil), ("", nil, nil),
  ])
  func eitherHalfNamesTheEntity(request: String?, response: String?, expected: String?) throws {
    let pairing = pairing()
    try pairing.take(Self.part(.response, "a", entity: response))
    try pairing.take(Self.part(.request, "a", entity: request))
    #expect(notes.state.withLock { $0.events.map(\.entity) } == [expected])
  }

  @Test func anyOrder() throws {
    let pairing = pairing()
    let parts: [(PayloadPart.Side, String)] = [
      (.request, "a"), (.response, "b"), (.request, "a"), (.response, "a"), (.request, "b"),
    ]
    for (side, id) in parts { try pairing.take(Self.part(side, id, .candidate)) }
    #expect(notes.ids == ["a", "b"])
    for event in notes.state.withLock({ $0.events }) {
      #expect(event.request == [1] && event.response == [2] && event.status == 200)
      #expect(event.revision == Revision.ID("candidate") && event.at == clock.now)
    }
    #expect(notes.lost == 0)
  }

  @Test func unknownDeployment() {
    let part = PayloadPart(
      side: .request, id: "a", deployment: DeploymentName(namespace: "x", name: "y"),
      server: .version("8"), at: nil, body: [])
    let error = #expect(throws: CloudEventError.self) { try pairing().take(part) }
    #expect(error?.description == #""x/y" has no version "8""#)
  }

  @Test func whatIsNotFetchedIsLost() throws {
    let pairing = pairing(Pairing.Limits(halves: 3, bytes: 100, wait: .seconds(10)))
    for index in 0..<5 { try pairing.take(Self.part(.request, "\(index)")) }
    #expect(notes.lost == 2)
    try pairing.take(Self.part(.request, "large", bytes: 99))
    #expect(notes.lost == 4)
    try pairing.take(Self.part(.request, "larger", bytes: 101))
    #expect(notes.lost == 5)
    try pairing.take(Self.part(.response, "late"))
    #expect(notes.lost == 6)
    clock.advance(by: .seconds(10))
    pairing.expire()
    #expect(notes.lost == 7)
    try pairing.take(Self.part(.response, "large"))
    #expect(notes.ids == ["large"])
  }

  /// A request whose answer does not come has failed, since a logger sends no answer that did.
  @Test func whatIsNotAnsweredHasFailed() throws {
    let pairing = pairing(Pairing.Limits(wait: .seconds(10)))
    try pairing.take(Self.part(.request, "a"))
    clock.advance(by: .seconds(9))
    pairing.expire()
    #expect(notes.ids.isEmpty)
    clock.advance(by: .seconds(1))
    pairing.expire()
    let events = notes.state.withLock { $0.events }
    #expect(events.map(\.status) == [500] && events.map(\.response) == [nil])
    #expect(events.map(\.request) == [[1]] && notes.lost == 0)
  }

  /// Questions for metadata or health have no body: they are no inferences, answered or not, and nothing lost.
  @Test func whatAsksForNoAnswerIsNone() throws {
    let pairing = pairing(Pairing.Limits(wait: .seconds(10)))
    try pairing.take(Self.part(.request, "a", bytes: 0))
    try pairing.take(Self.part(.response, "a"))
    try pairing.take(Self.part(.request, "b", bytes: 0))
    clock.advance(by: .seconds(10))
    pairing.expire()
    #expect(notes.ids.isEmpty && notes.lost == 0)
  }

  /// A look gives them up, although no event comes any more: their bodies do not stay in memory.
  @Test func aLookGivesUpWhatIsNotFetched() async {
    let desk = await Desk()
    let events = EventIntake(
      into: desk.intake, clock: desk.clock, limits: Pairing.Limits(wait: .seconds(10)))
    await events.follow([
      Desk.deployment: SamplePlan(
        profile: Desk.plan().profile, maturity: .seconds(60),
        arms: [.stable: Desk.served(Desk.revision, version: "1")])
    ])
    let headers = [
      ("ce-type", PayloadPart.Side.request.rawValue), ("ce-id", "a"),
      ("ce-namespace", Desk.deployment.namespace),
      ("ce-inferenceservicename", Desk.deployment.name),
    ].map { (name: $0.0, value: $0.1) }
    #expect(events.receive(headers: headers, body: Array("{}".utf8)) { _ in true } == .accepted)
    _ = await events.samples()
    #expect(await desk.intake.statistics().events == 0)
    desk.clock.advance(by: .seconds(10))
    _ = await events.samples()
    #expect(await desk.intake.statistics().events == 1)
  }

  /// Of a request that was copied there are four halves with one id, in any order.
  @Test(arguments: [[0, 1, 2, 3], [3, 0, 2, 1], [1, 3, 0, 2], [2, 1, 3, 0]])
  func copiedRequests(order: [Int]) async {
    let desk = await Desk()
    let events = EventIntake(into: desk.intake, clock: desk.clock)
    await events.follow([Desk.deployment: Desk.comparing()])
    let halves: [(PayloadPart.Side, String, String)] = [
      (.request, "default", Desk.request), (.response, "default", Desk.answer),
      (.request, "canary", Desk.request), (.response, "canary", #"{"predictions": [0.75]}"#),
    ]
    for (side, endpoint, body) in order.map({ halves[$0] }) {
      let headers = [
        ("ce-type", side.rawValue), ("ce-id", "a"), ("ce-endpoint", endpoint),
        ("ce-namespace", Desk.deployment.namespace),
        ("ce-inferenceservicename", Desk.deployment.name),
      ].map { (name: $0.0, value: $0.1) }
      #expect(events.receive(headers: headers, body: Array(body.utf8)) { _ in true } == .accepted)
    }
    let samples = await events.samples()[Desk.deployment]?.revisions
    #expect(samples?[Desk.candidate]?.pairs == .init(compared: 1, differing: 1))
    #expect(samples?[Desk.revision]?.outputs == [[1, 0, 0]])
    #expect(samples?[Desk.candidate]?.outputs == [[0, 1, 0]])
  }

  /// A ticket that was fetched leaves its place in the queue, and its number to whoever comes next.
  @Test func sameIDAgain() throws {
    let pairing = pairing(Pairing.Limits(halves: 100, wait: .seconds(10)))
    try pairing.take(Self.part(.request, "a"))
    try pairing.take(Self.part(.response, "a"))
    clock.advance(by: .seconds(9))
    try pairing.take(Self.part(.request, "a"))
    clock.advance(by: .seconds(1))
    try pairing.take(Self.part(.response, "a"))
    #expect(notes.ids == ["a", "a"] && notes.lost == 0)
  }
}
