import Control
import HTTP
import LocalRuntime
import Rollouts
import TestKit
import Testing

/// What a real Envoy says of a request of a slice: whose it was, whether it was answered, and how fast.
@Suite(.timeLimit(.minutes(3))) struct SliceCaptureTests {
  private typealias Case = (query: String, tenant: String?, value: String, isError: Bool)

  private static let long = String(repeating: "x", count: 64)

  private static let cases: [Case] = [
    ("?echo", "acme", "acme", false), ("?fail=10", "acme", "acme", true),
    ("?cut&echo", "zeta", "zeta", true), ("?drop", "zeta", "zeta", true),
    ("?echo&sleep=0.3", long, long, false), ("?echo", long + "x", "", false),
    ("?echo", nil, "", false),
  ]

  @Test(.temporaryFolder) func slicesArrive() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(Self.plan(1, [first, second], .header(name: "x-tenant")))
      for item in Self.cases {
        var request = bench.echo([0x61], id: nil)
        request.url = request.url.replacing("?echo", with: item.query)
        request.headers = item.tenant.map { [(name: "x-tenant", value: $0)] } ?? []
        _ = try? await bench.client.send(request)
      }
      try await eventually { intake.events.count >= Self.cases.count }
      let found = intake.events.sorted { $0.at < $1.at }.map(\.sliced)
      for (item, sliced) in zip(Self.cases, found) {
        let sliced = try #require(sliced, "\(item)")
        #expect(sliced.value == item.value && sliced.isError == item.isError, "\(item): \(sliced)")
        let isSlow = item.query.contains("sleep")
        let took = sliced.milliseconds
        let isTimed = !item.query.contains("cut") && !item.query.contains("drop")
        #expect((took != nil) == isTimed, "\(item): \(sliced)")
        #expect(took.map { $0 >= 300 } ?? false == isSlow, "\(item): \(sliced)")
      }
      // Without slices there are none.
      try await bench.put(Self.plan(2, [first, second], nil))
      let id = try await bench.client.send(bench.echo([0x61], id: nil)).value("x-request-id")
      try await eventually { intake.ids.contains { $0 == id } }
      #expect(intake.events.last?.sliced == nil && intake.lost == 0)
    }
  }

  /// A cookie names a slice as it names an entity, and both may be asked for at once.
  @Test(.temporaryFolder) func aCookieNamesASlice() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(
        Self.plan(1, [first, second], .cookie(name: "plan"), .header(name: "x-user-id")))
      var request = bench.echo([0x61], id: nil)
      request.headers = [
        (name: "cookie", value: "a=b; plan=gold"), (name: "x-user-id", value: "user-42"),
      ]
      #expect(try await bench.client.send(request).status == 200)
      try await eventually { intake.events.count == 1 }
      #expect(intake.events[0].sliced?.value == "gold" && intake.events[0].entity == "user-42")
    }
  }

  /// What the body names is left to whoever reads what is kept: the whole request, however it was answered.
  ///
  /// Whom an affinity draws by another field is still told apart.
  @Test(.temporaryFolder) func aBodyNamesASlice() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      let queries = ["?echo", "?fail=10", "?cut&echo", "?drop"]
      let body = Array(#"{"parameters": {"user": 7, "tenant": "acme"}, "inputs": []}"#.utf8)
      for (number, key) in [
        SliceKey.json(path: ["parameters", "tenant"]), .input(name: "tenant"),
      ].enumerated() {
        try await bench.put(
          Self.plan(number + 1, [first, second], key, .json(path: ["parameters", "user"])))
        for query in queries {
          var request = bench.echo(body, id: nil)
          request.url = request.url.replacing("?echo", with: query)
          _ = try? await bench.client.send(request)
        }
        try await eventually { intake.events.count >= queries.count * (number + 1) }
      }
      for event in intake.events {
        #expect(event.sliced?.value == "" && event.request == body && event.entity == "7")
      }
      #expect(intake.events.count(where: { $0.sliced?.isError == true }) == 6)
    }
  }

  private static func plan(
    _ generation: Int, _ revisions: [Revision], _ slices: SliceKey?, _ affinity: Affinity? = nil
  ) -> Plan {
    Plan(
      generation: generation, loaded: revisions,
      routes: [.split(revisions.map { .init(revision: $0.id, weight: PerMille(500)) })],
      sampling: .share(PerMille(1000)), affinity: affinity, slices: slices)
  }
}
