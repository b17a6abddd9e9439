import Control
import Payloads
import Profiles
import Rollouts
import Testing
import Threads

/// What comes from the payload loggers of a cluster's servers, and who says so.
@Suite struct LoggedPayloadTests {
  /// A cluster that has one server of each revision, in one namespace.
  private final class Directory: ServerDirectory {
    let sampling = Lock(SampleRate.share(.all))
    let addresses: Set<String>?

    init(_ addresses: Set<String>? = ["10.0.0.7"]) { self.addresses = addresses }

    func server(called name: String, in namespace: String) -> LoggedServer? {
      let revisions = [
        "fraud-3f9c2a71d0": Desk.revision, "fraud-ebecea9897": Desk.candidate,
        "fraud-older": Revision.ID("older"),
      ]
      guard namespace == "models", let revision = revisions[name] else { return nil }
      return LoggedServer(
        deployment: Desk.deployment, revision: revision, sampling: sampling.withLock { $0 },
        addresses: addresses)
    }

    func hasServer(at address: String?) -> Bool {
      addresses.map { address.map($0.contains) ?? false } ?? true
    }
  }

  /// A desk with a candidate, and what takes the payloads of both servers.
  private struct Bench {
    let desk: Desk
    let events: EventIntake
    let directory: Directory
    let log: LoggedPayloads

    init(_ directory: Directory = Directory(), limits: Pairing.Limits = Pairing.Limits()) async {
      desk = await Desk()
      events = EventIntake(into: desk.intake, clock: desk.clock, limits: limits)
      self.directory = directory
      log = events.log(of: directory)
      await events.follow([Desk.deployment: Desk.comparing(nil)])
    }

    @discardableResult
    func send(
      _ side: String, _ id: String, _ body: String, from address: String? = "10.0.0.7",
      also others: [String: String] = [:]
    ) -> EventReceipt {
      let headers = LoggedPayloadTests.headers(side, id, also: others)
      return log.receive(headers: headers, body: Array(body.utf8), from: address)
    }

    var counts: [PayloadLogCounts.Outcome: Int] { log.counts.counts }

    func samples(_ revision: Revision.ID = Desk.revision) async -> SampleCounts? {
      await events.samples()[Desk.deployment]?.revisions[revision]
    }
  }

  /// As KServe 0.20 writes them.
  private static func headers(
    _ side: String, _ id: String, also others: [String: String] = [:]
  ) -> [(name: String, value: String)] {
    var headers = [
      "ce-specversion": "1.0", "ce-id": id, "ce-type": "org.kubeflow.serving.inference.\(side)",
      "ce-source": "http://localhost:9081/", "ce-time": "2026-11-30T12:00:00.123456789Z",
      "ce-recordedtime": "2026-11-30T12:00:00.2Z",
      "ce-inferenceservicename": "fraud-3f9c2a71d0", "ce-namespace": "models",
      "ce-component": "predictor", "ce-endpoint": "", "ce-metadata": "{}",
      "content-type": "application/json",
    ]
    headers.merge(others) { $1 }
    return headers.map { ($0.key, $0.value) }
  }

  private static let candidates = ["ce-inferenceservicename": "fraud-ebecea9897"]

  /// Both halves become one sample of the revision that the server's name stands for, in either order.
  @Test(arguments: [["request", "response"], ["response", "request"]])
  func aPairIsASample(order: [String]) async {
    let bench = await Bench()
    for side in order {
      let body = side == "request" ? Desk.request : Desk.answer
      #expect(bench.send(side, "a", body) == .accepted)
      #expect(bench.send(side, "a", body, also: Self.candidates) == .accepted)
    }
    for revision in [Desk.revision, Desk.candidate] {
      let samples = await bench.samples(revision)
      #expect(samples?.requests == 1 && samples?.dropped == 0)
      #expect(samples?.outputs == [[1, 0, 0]])
    }
    #expect(bench.counts == [.taken: 4])
  }

  /// What clients report is joined by the id that they sent as `ce-id`.
  @Test func aLabelIsJoined() async {
    let bench = await Bench()
    bench.send("request", "mine", Desk.request)
    bench.send("response", "mine", Desk.answer)
    bench.desk.label("mine", .number(1))
    #expect(await bench.desk.intake.statistics().labels.joined == 1)
  }

  /// What is not an event of a wanted server at its own address is told so, counted, and leaves nothing.
  @Test(
    arguments: [
      (["ce-inferenceservicename": "fraud"], "10.0.0.7", .forbidden, .unknown),
      (["ce-namespace": "payments"], "10.0.0.7", .forbidden, .unknown),
      ([:], "10.0.0.8", .forbidden, .unknown), ([:], nil, .forbidden, .unknown),
      (["ce-inferenceservicename": "fraud-older"], "10.0.0.7", .accepted, .unwanted),
      (
        ["ce-type": "org.kubeflow.serving.inference.explanation"], "10.0.0.7",
        .refused(
          #"the type is "org.kubeflow.serving.inference.explanation", not "#
            + #""org.kubeflow.serving.inference.request" or "#
            + #""org.kubeflow.serving.inference.response""#), .malformed
      ),
      (["ce-id": ""], "10.0.0.7", .refused("the event has no attribute `id`"), .malformed),
      (
        ["ce-id": String(repeating: "x", count: 513)], "10.0.0.7",
        .refused("the attribute `id` is longer than 512 bytes"), .malformed
      ),
      (
        ["ce-time": "noon"], "10.0.0.7", .refused(#"the time "noon" is not one by RFC 3339"#),
        .malformed
      ),
    ] as [([String: String], String?, EventReceipt, PayloadLogCounts.Outcome)])
  func othersAreToldSo(
    headers: [String: String], address: String?, receipt: EventReceipt,
    outcome: PayloadLogCounts.Outcome
  ) async {
    let bench = await Bench()
    for side in ["request", "response"] {
      let type = headers["ce-type"] == nil ? [:] : headers
      #expect(
        bench.send(side, "a", Desk.answer, from: address, also: headers.merging(type) { $1 })
          == receipt)
    }
    #expect(bench.counts == [outcome: 2])
    bench.desk.clock.advance(by: .seconds(600))
    #expect(await bench.samples() == nil)
    #expect(await bench.desk.intake.statistics().dropped == 0)
  }

  /// An event says nothing of another revision, of an entity or of another time than its server's.
  @Test func whatAnEventClaimsBesideIsNothing() async {
    let bench = await Bench()
    let claims = [
      "ce-modelversion": "2", "ce-endpoint": "canary", "ce-entity": "user-1",
      "ce-time": "1970-01-01T00:00:00Z",
    ]
    bench.send("request", "a", Desk.request, also: claims)
    bench.send("response", "a", Desk.answer, also: claims)
    #expect(await bench.samples()?.requests == 1)
    #expect(await bench.samples(Desk.candidate) == nil)
    bench.desk.label("a", .number(1))
    #expect(await bench.desk.intake.statistics().labels.joined == 1)
  }

  /// A logger passes on the content type that a client chose: with it a client writes no event of its own.
  @Test func aClientWritesNoEvent() async {
    let bench = await Bench()
    let forged = """
      {"specversion": "1.0", "type": "org.kubeflow.serving.inference.response", "id": "a",
       "inferenceservicename": "fraud-3f9c2a71d0", "namespace": "models", "data": {"predictions": [0.9]}}
      """
    for type in ["application/cloudevents+json", "application/cloudevents-batch+json"] {
      bench.send("request", "a", Desk.request)
      let receipt = bench.send("request", type, forged, also: ["content-type": type])
      #expect(receipt == .accepted)
    }
    #expect(await bench.samples() == nil)
    #expect(bench.counts == [.taken: 4])
  }

  /// What is no JSON is a bad payload of the server's own: it is counted, and ends nothing.
  @Test func whatIsNoJSONIsBad() async {
    let bench = await Bench()
    bench.send("request", "a", "\u{0}[[[")
    bench.send("response", "a", String(repeating: "[", count: 100_000))
    let samples = await bench.samples()
    #expect(samples?.badInputs == 1 && samples?.badOutputs == 1)
  }

  /// A share is taken by the id, so that both halves are taken or neither, and a smaller one is part of a larger.
  @Test func aShareIsTakenByTheID() async {
    let bench = await Bench()
    bench.directory.sampling.withLock { $0 = .share(PerMille(100)) }
    for index in 0..<2000 {
      bench.send("response", "id-\(index)", Desk.answer)
      bench.send("request", "id-\(index)", Desk.request)
    }
    let taken = (0..<2000).filter { PayloadShare.isChosen("id-\($0)", of: PerMille(100)) }
    #expect((150...250).contains(taken.count), "\(taken.count)")
    #expect(await bench.samples()?.requests == taken.count)
    #expect(bench.counts == [.taken: 2 * taken.count, .unsampled: 4000 - 2 * taken.count])
    for index in taken { #expect(PayloadShare.isChosen("id-\(index)", of: PerMille(200))) }
    #expect(!PayloadShare.isChosen("id-0", of: .none) && PayloadShare.isChosen("id-0", of: .all))
  }

  /// With `auto` everything is looked at while it is little, and about a hundred a second otherwise.
  @Test func autoFollowsTheRate() async {
    let bench = await Bench()
    bench.directory.sampling.withLock { $0 = .auto }
    for index in 0..<3000 {
      bench.send("request", "id-\(index)", Desk.request)
      bench.desk.clock.advance(by: .milliseconds(1))
    }
    let taken = bench.counts[.taken, default: 0]
    // All of the first second, and 62 of 1000 from then on.
    #expect((1000 + 60...1000 + 200).contains(taken), "\(taken)")
  }

  /// A flood of halves that never meet pushes out the oldest, and is lost rather than kept.
  @Test func aFloodIsBounded() async {
    let bench = await Bench(limits: Pairing.Limits(halves: 100, bytes: 1000, wait: .seconds(120)))
    for index in 0..<5000 { bench.send("response", "id-\(index)", Desk.answer) }
    #expect(bench.counts == [.taken: 5000])
    let large = String(repeating: " ", count: 2000)
    #expect(bench.send("response", "large", large) == .accepted)
    bench.send("request", "new", Desk.request)
    bench.send("response", "new", Desk.answer)
    #expect(await bench.samples()?.requests == 1)
    #expect(await bench.desk.intake.statistics().dropped >= 4900)
  }

  /// Where nobody's address is asked for, the name alone counts.
  @Test func anySender() async {
    let bench = await Bench(Directory(nil))
    #expect(bench.log.mayLog(from: nil))
    bench.send("request", "a", Desk.request, from: nil)
    bench.send("response", "a", Desk.answer, from: "192.0.2.1")
    #expect(await bench.samples()?.requests == 1)
    let strict = await Bench()
    #expect(!strict.log.mayLog(from: "192.0.2.1") && strict.log.mayLog(from: "10.0.0.7"))
    #expect(strict.counts == [.unknown: 1])
  }
}
