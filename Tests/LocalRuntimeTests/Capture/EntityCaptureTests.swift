import Control
import HTTP
import LocalRuntime
import Rollouts
import TestKit
import Testing

/// Whom a real Envoy says that a request was for: whoever its affinity draws a share by.
@Suite(.timeLimit(.minutes(3))) struct EntityCaptureTests {
  private static let long = String(repeating: "x", count: 256)

  private static let headers: [(lines: [String], entity: String?)] = [
    (["user-42"], "user-42"), ([#"a"b\c{%REQ(x)%}'"#], #"a"b\c{%REQ(x)%}'"#), (["grün"], "grün"),
    ([long], long), ([long + "x"], nil), ([], nil),
  ]

  /// As Envoy reads them: the first of that name, in whichever line, without spaces before it and quotes around it.
  private static let cookies: [(lines: [String], entity: String?)] = [
    (["sid=user-42"], "user-42"), (["a=b; sid=one; sid=two"], "one"), (["sid=a=b;x"], "a=b"),
    ([#"x;=;;  sid="quoted";y="#], "quoted"), ([#"sid=""#], "\""),
    (["a=b", "sid=second line"], "second line"),
    (["SID=other; xsid=other; sidx=other"], nil), (["sid="], nil), (["sid"], nil), ([";"], nil),
    (["sid=\(long)"], long), (["sid=\(long)x"], nil), (["a=\(long); sid=\(long)"], long),
    ([String(repeating: " ", count: 8000) + ";sid=patient"], "patient"), ([], nil),
  ]

  @Test(
    .temporaryFolder,
    arguments: [
      (Affinity.header(name: "x-user-id"), "x-user-id", headers),
      (.cookie(name: "sid"), "cookie", cookies),
    ])
  func entitiesArrive(
    affinity: Affinity, name: String, requests: [(lines: [String], entity: String?)]
  ) async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(Self.plan(1, [first, second], affinity))
      var sent: [(id: String, revision: String, entity: String?)] = []
      // Also one whose body is too large to keep.
      for (index, (lines, entity)) in (requests + requests.prefix(1)).enumerated() {
        let size = index < requests.count ? 100 : EnvoyConfiguration.longestCapture + 1
        var request = bench.echo(Array(repeating: 0x61, count: size), id: nil)
        request.headers = lines.map { (name: name, value: $0) }
        let answer = try await bench.client.send(request)
        sent.append(
          (
            try #require(answer.value("x-request-id")),
            try #require(answer.value("serin-revision")), entity
          ))
      }
      try await eventually { intake.events.count >= sent.count }
      for (id, revision, entity) in sent {
        let event = try #require(intake.events.first { $0.requestID == id })
        #expect(event.entity == entity && event.revision.description == revision)
      }
      // Without an affinity there are none.
      try await bench.put(Self.plan(2, [first, second], nil))
      var request = bench.echo([0x61], id: nil)
      request.headers = [(name: name, value: "sid=user-42")]
      let id = try await bench.client.send(request).value("x-request-id")
      try await eventually { intake.ids.contains { $0 == id } }
      #expect(intake.events.last?.entity == nil && intake.lost == 0)
    }
  }

  /// Of a body, as feedback can name them: a whole number without a point, and a text of any characters.
  @Test(.temporaryFolder) func entitiesOfBodiesArrive() async throws {
    let texts: [(json: String, entity: String?)] = [
      (#""user-42""#, "user-42"), ("42", "42"), ("-7", "-7"), ("1e3", "1000"), ("1.5", "1.5"),
      ("9007199254740991", "9007199254740991"), (#""grün""#, "grün"),
      (#""a\"\\\u0001\n{%REQ(x)%}'""#, "a\"\\\u{1}\n{%REQ(x)%}'"),
      (#""\#(Self.long)""#, Self.long), (#""\#(Self.long)x""#, nil), ("true", nil), ("null", nil),
      ("[1]", nil), (#""""#, nil),
    ]
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(Self.plan(1, [first, second], .json(path: ["parameters", "user"])))
      var sent: [(id: String, revision: String, body: [UInt8], entity: String?)] = []
      for (json, entity) in texts {
        let body = Array(#"{"parameters": {"user": \#(json)}}"#.utf8)
        let answer = try await bench.client.send(bench.echo(body, id: nil))
        let (id, revision) = (answer.value("x-request-id"), answer.value("serin-revision"))
        sent.append((try #require(id), try #require(revision), body, entity))
      }
      try await eventually { intake.events.count >= sent.count }
      for (id, revision, body, entity) in sent {
        let event = try #require(intake.events.first { $0.requestID == id })
        #expect(event.entity == entity && event.revision.description == revision)
        #expect(event.request == body && event.response == body)
      }
    }
  }

  /// The entity is what Envoy draws by, also of cookies that come twice or in quotes: who counts with a revision is
  /// answered by it.
  @Test(.temporaryFolder) func theEntityIsWhatIsDrawnBy() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(Self.plan(1, [first, second], .cookie(name: "sid")))
      for user in 0..<20 {
        for cookie in ["sid=\(user)", "a=b; sid=\(user); sid=x\(user)", "x;sid=\"\(user)\""] {
          var request = bench.echo([0x61], id: nil)
          request.headers = [(name: "cookie", value: cookie), (name: "cookie", value: "sid=y")]
          #expect(try await bench.client.send(request).status == 200)
        }
      }
      try await eventually { intake.events.count >= 60 }
      let met = Set(intake.events.map { "\($0.entity ?? "none") \($0.revision)" })
      #expect(met.count == 20 && Set(intake.events.map(\.revision)).count == 2, "\(met)")
    }
  }

  /// Where others draw, whoever sends their header meets one revision and all others the other: both are known.
  @Test(
    .temporaryFolder,
    arguments: [Affinity.header(name: "x-user-id"), .json(path: ["parameters", "user"])])
  func entitiesThatOthersDrawArrive(affinity: Affinity) async throws {
    let variant = try #require(HeaderMatch(header: "x-variant", value: "b"))
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(
        Plan(
          generation: 1, loaded: [first, second],
          routes: [
            .split([.init(revision: first.id, weight: .all)]),
            .match(.init(revision: second.id, when: variant)),
          ], sampling: .share(.all), affinity: affinity))
      for user in 0..<20 {
        let body = Array(#"{"parameters": {"user": "\#(user)"}}"#.utf8)
        var request = bench.echo(body, id: nil)
        request.headers = [
          (name: "x-user-id", value: "\(user)"),
          (name: "x-variant", value: user % 2 == 0 ? "a" : "b"),
        ]
        #expect(try await bench.client.send(request).status == 200)
      }
      try await eventually { intake.events.count >= 20 }
      for user in 0..<20 {
        let event = try #require(intake.events.first { $0.entity == "\(user)" })
        #expect(event.revision == (user % 2 == 0 ? first.id : second.id))
      }
    }
  }

  private static func plan(
    _ generation: Int, _ revisions: [Revision], _ affinity: Affinity?
  ) -> Plan {
    Plan(
      generation: generation, loaded: revisions,
      routes: [.split(revisions.map { .init(revision: $0.id, weight: PerMille(500)) })],
      sampling: .share(PerMille(1000)), affinity: affinity)
  }
}
