import Foundation
import Rollouts
import Testing

/// Where a rollout stands, and which decision may follow which.
@Suite struct PositionTests {
  private static func step(_ place: Int, of count: Int, _ weight: Int) -> Position {
    .step(place: place, of: count, route: .split(weight: PerMille(weight)))
  }

  /// A manifest that gets another step between two decisions breaks no chain; another place or share does.
  @Test(
    arguments: [
      (step(1, of: 2, 50), step(1, of: 3, 50), true),
      (step(1, of: 2, 50), step(2, of: 2, 50), false),
      (step(1, of: 2, 50), step(1, of: 2, 60), false), (.retired, .idle, true),
      (.healthy, .healthy, true), (.healthy, .idle, false), (.idle, .retired, false),
    ] as [(Position, Position, Bool)])
  func decisionsFollowEachOther(end: Position, next: Position, isRight: Bool) {
    #expect(next.continues(end) == isRight)
  }

  @Test func positionsAreReadBack() throws {
    let baking = Position.baking(route: .split(weight: PerMille(950)))
    let match = Position.step(place: 1, of: 4, route: .match(.preview))
    for position in [.idle, .healthy, Self.step(2, of: 4, 55), match, baking, .retired]
      as [Position]
    {
      let text = try JSONEncoder().encode(position)
      #expect(try JSONDecoder().decode(Position.self, from: text) == position)
    }
  }

  /// A value that a phase does not have is refused, or it would be lost.
  @Test(
    arguments: [
      #"{"phase": "healthy", "place": 3}"#, #"{"phase": "preparing", "of": 3}"#,
      #"{"phase": "idle", "route": {"split": {"weight": 50}}}"#, #"{"phase": "step", "place": 1}"#,
      #"{"phase": "baking", "place": 1, "route": {"split": {"weight": 50}}}"#,
      #"{"phase": "step", "place": 1, "of": 2, "route": {"match": {"header": "X", "value": "a"}}}"#,
      #"{"phase": "step", "place": 1, "of": 2, "route": {"match": {"header": "x", "value": "\n"}}}"#,
      #"{"phase": "step", "place": 3, "of": 2, "route": {"split": {"weight": 50}}}"#,
    ])
  func foreignValuesAreRefused(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Position.self, from: Data(text.utf8))
    }
  }

  /// In the order of risk; of two headers none is riskier.
  @Test func routesAreOrderedByRisk() throws {
    let other = try #require(HeaderMatch(header: "x-qa", value: "1"))
    let routes: [Route] = [
      .mirror(weight: PerMille(5)), .mirror(weight: .all), .match(.preview),
      .split(weight: PerMille(1)), .split(weight: .half),
    ]
    for (place, route) in routes.enumerated() {
      #expect(routes.map { $0 < route } == routes.indices.map { $0 < place })
    }
    #expect(!(Route.match(.preview) < .match(other)) && !(Route.match(other) < .match(.preview)))
  }

  /// Text from outside is bounded also where it is read, and any two are equal.
  @Test func detailsAreBounded() throws {
    let long = Data("\"\(String(repeating: "x", count: 201))\"".utf8)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Detail.self, from: long) }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Detail.self, from: Data("\"\"".utf8))
    }
    #expect(Detail("a") == Detail("b") && Detail("") == nil)
    #expect(Detail(String(repeating: "x", count: 300))?.description.count == 200)
  }
}
