import Control
import Payloads
import Profiles
import Rollouts
import Threads

/// A clock that a test sets.
final class SetClock: WallClock {
  private let time = Lock(Instant(milliseconds: 1_790_244_000_000))

  var now: Instant { time.withLock { $0 } }
  func sleep(for duration: Duration) async throws { advance(by: duration) }
  func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
}

/// An intake that follows one deployment: an age, a color, and the probability of fraud.
struct Desk {
  static let deployment = DeploymentName(namespace: "payments", name: "fraud")
  static let revision = Revision.ID("3f9c2a71d0")
  static let age = ProfileColumn(
    name: "age", kind: .number(edges: [18, 40]), counts: [1, 1, 1, 0], range: ValueRange(0, 120))
  static let color = ProfileColumn(
    name: "color", kind: .category(values: ["red", "7"]), counts: [1, 1, 1, 0], isOptional: true)
  static let score = ProfileColumn(
    name: "score", kind: .number(edges: [0.5]), counts: [1, 1, 0], range: ValueRange(0, 1))

  let clock = SetClock()
  let intake: Intake

  init(
    features: [ProfileColumn] = [age, color], outputs: [ProfileColumn] = [score],
    maturity: Duration = .seconds(60), limits: IntakeLimits = IntakeLimits(),
    life: String = "life"
  ) async {
    intake = Intake(life: life, clock: clock, limits: limits)
    await intake.follow([Self.deployment: Self.plan(features, outputs, maturity)])
  }

  static func plan(
    _ features: [ProfileColumn] = [age, color], _ outputs: [ProfileColumn] = [score],
    _ maturity: Duration = .seconds(60)
  ) -> SamplePlan {
    let profile = DataProfile(rows: 3, source: "train.csv", features: features, outputs: outputs)
    return SamplePlan(profile: profile, maturity: maturity)
  }

  func take(
    _ request: String?, _ response: String? = Self.answer, id: String = "", status: Int = 200
  ) {
    take(bytes: request.map { Array($0.utf8) }, response, id: id, status: status)
  }

  func take(
    bytes: [UInt8]?, _ response: String? = Self.answer, id: String = "", status: Int = 200,
    revision: Revision.ID = Self.revision
  ) {
    intake.take(
      PayloadEvent(
        deployment: Self.deployment, revision: revision, requestID: id, at: clock.now,
        request: bytes, response: response.map { Array($0.utf8) }, status: status))
  }

  func label(_ id: String, _ value: Label.Value) {
    intake.take(Label(deployment: Self.deployment, requestID: id, value: value))
  }

  static let candidate = Revision.ID("ebecea9897")

  /// Who answers while requests are copied to a candidate.
  static let arms: [Arm: Revision] = [
    .stable: served(revision, version: "1"), .candidate: served(candidate, version: "2"),
  ]

  static func served(_ id: Revision.ID, version: String) -> Revision {
    Revision(
      id: id,
      model: Model(
        version: version, uri: "file:///m", digest: nil, format: "custom", smoke: nil, retry: 0))
  }

  /// The usual plan with a candidate whose answers are compared.
  static func comparing(
    _ agreement: Agreement? = .standard, arms: [Arm: Revision] = arms
  ) -> SamplePlan {
    let usual = plan()
    return SamplePlan(
      profile: usual.profile, maturity: usual.maturity, arms: arms, agreement: agreement)
  }

  /// Takes what both revisions answered, in this order.
  func take(pair id: String, _ answers: (arm: Arm, body: String?)...) {
    for (arm, body) in answers {
      let revision = arm == .stable ? Self.revision : Self.candidate
      take(
        bytes: Array(Self.request.utf8), body, id: id, status: body == nil ? 500 : 200,
        revision: revision)
    }
  }

  func pairs(of revision: Revision.ID = Self.candidate) async -> SampleCounts.Pairs? {
    await samples?.revisions[revision]?.pairs
  }

  static let request = v1(#"{"age": 41, "color": "red"}"#)
  static let answer = #"{"predictions": [0.25]}"#

  static func v1(_ rows: String) -> String { #"{"instances": [\#(rows)]}"# }

  var samples: Samples? { get async { await intake.samples()[Self.deployment] } }

  var counts: SampleCounts {
    get async {
      await samples?.revisions[Self.revision]
        ?? SampleCounts(requests: 0, features: [], outputs: [])
    }
  }
}
