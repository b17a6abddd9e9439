import Control
import Payloads
import Rollouts
import Testing

/// Which value in the body of a request names its slice.
@Suite struct SliceValueTests {
  private static let path = SliceKey.json(path: ["parameters", "tenant"])
  private static let input = SliceKey.input(name: "tenant")

  /// A text, number or boolean under the keys, whatever else is in the body.
  @Test(
    arguments: [
      (#"{"parameters": {"tenant": "acme"}}"#, "acme"),
      (
        #" {"inputs": [{"tenant": "x"}], "parameters": {"a": [1], "tenant": "acme", "b": {}}} "#,
        "acme"
      ),
      (#"{"tenant": "x", "parameters": {"x": {"tenant": "y"}, "tenant": "acme"}}"#, "acme"),
      (#"{"parameters": {"tenant": 42}}"#, "42"), (#"{"parameters": {"tenant": 42.0}}"#, "42"),
      (#"{"parameters": {"tenant": 4.2E1}}"#, "42"), (#"{"parameters": {"tenant": 1.50}}"#, "1.5"),
      (#"{"parameters": {"tenant": -0}}"#, "0"), (#"{"parameters": {"tenant": -7}}"#, "-7"),
      (#"{"parameters": {"tenant": 18446744073709551617}}"#, "18446744073709551617"),
      (#"{"parameters": {"tenant": true}}"#, "true"),
      (#"{"parameters": {"tenant": false}}"#, "false"),
      (#"{"parameters": {"tenant": "x", "tenant": "acme"}}"#, "acme"),
      (#"{"parameters": {"tenant": "x"}, "parameters": {"tenant": "acme"}}"#, "acme"),
      (#"{"parameters": {"\u0074enant": "ac\u006De"}}"#, "acme"),
    ])
  func aFieldNamesASlice(body: String, name: String) async throws {
    #expect(try await Self.slice(of: body, by: Self.path) == name)
  }

  /// All values of the input with the name, however they are nested; of rows by column, too.
  @Test(
    arguments: [
      (
        #"{"inputs": [{"name": "tenant", "shape": [1], "datatype": "BYTES", "data": ["acme"]}]}"#,
        "acme"
      ),
      (
        #"{"inputs": [{"name": "x", "data": [1, 2]}, {"name": "tenant", "data": ["acme"]}]}"#,
        "acme"
      ),
      (#"{"inputs": [{"data": [["acme"], ["acme"]], "shape": [2, 1], "name": "tenant"}]}"#, "acme"),
      (#"{"inputs": [{"name": "tenant", "data": [7, 7.0, 7]}]}"#, "7"),
      (#"{"inputs": [{"name": "tenant", "data": [true]}]}"#, "true"),
      (#"{"inputs": [{"name": "tenant", "data": "acme"}]}"#, "acme"),
      (#"{"inputs": [{"name": "tenant", "data": ["x"], "data": ["acme"]}]}"#, "acme"),
      (#"{"id": "1", "instances": [{"age": 4, "tenant": "acme"}, {"tenant": "acme"}]}"#, "acme"),
    ])
  func anInputNamesASlice(body: String, name: String) async throws {
    #expect(try await Self.slice(of: body, by: Self.input) == name)
  }

  /// Several values in one request, none, and what is no value: such requests are among all others.
  @Test(
    arguments: [
      ("", path), ("{", path), ("[]", path), ("\"tenant\"", path), ("{}", path),
      (#"{"parameters": "acme"}"#, path), (#"{"parameters": {"Tenant": "acme"}}"#, path),
      (#"{"parameters": {"tenant": null}}"#, path),
      (#"{"parameters": {"tenant": ["acme"]}}"#, path),
      (#"{"parameters": {"tenant": {"tenant": "acme"}}}"#, path),
      (#"{"parameters": {"tenant": "acme"}} x"#, path),
      (#"{"parameters": {"tenant": "acme"}"#, path),
      (#"{"parameters": {"tenant": "acme", "tenant": null}}"#, path),
      (#"{"parameters": {"tenant": "acme"}, "x": NaN}"#, path),
      (#"{"parameters": {"tenant": "gr\u00fcn"}}"#, path),
      (#"{"parameters": {"tenant": ""}}"#, path),
      (#"{"parameters": {"tenant": "a\"b"}}"#, path),
      (#"{"parameters": {"tenant": "a\u001b[2J"}}"#, path),
      (#"{"parameters": {"tenant": 1\#(String(repeating: "0", count: 64))}}"#, path),
      (String(repeating: #"{"parameters":"#, count: 10_000), path),
      (#"{"inputs": [{"name": "tenant", "data": ["a", "b"]}]}"#, input),
      (
        #"{"inputs": [{"name": "tenant", "data": ["a"]}, {"name": "tenant", "data": ["b"]}]}"#,
        input
      ),
      (#"{"inputs": [{"name": "tenant", "data": ["a", null]}]}"#, input),
      (#"{"inputs": [{"name": "tenant", "data": []}]}"#, input),
      (#"{"inputs": [{"name": "tenant"}]}"#, input), (#"{"inputs": [{"data": ["acme"]}]}"#, input),
      (#"{"inputs": {"name": "tenant", "data": ["acme"]}}"#, input),
      (#"{"inputs": ["tenant"]}"#, input), (#"{"inputs": [{"name": 7, "data": ["acme"]}]}"#, input),
      (
        #"{"inputs": [{"name": "tenant", "data": [\#(String(repeating: "[", count: 10_000))"#, input
      ),
      (#"{"instances": [{"tenant": "a"}, {"tenant": "b"}]}"#, input),
      (#"{"instances": [["acme"]]}"#, input),
      (#"{"outputs": [{"name": "tenant", "data": [1]}]}"#, input),
    ] as [(String, SliceKey)])
  func otherBodiesNameNothing(body: String, key: SliceKey) async throws {
    #expect(try await Self.slice(of: body, by: key) == nil)
  }

  /// A request that was not kept is in no slice: whether it was may depend on who answered it.
  @Test(arguments: [path, input]) func withoutABodyThereIsNoSlice(key: SliceKey) async throws {
    let desk = await Self.desk(key)
    for _ in 0..<4 { desk.serve(nil, saying: "acme") }
    let counts = try #require(await desk.slices(of: Desk.candidate))
    #expect(counts.integers == [0, 0, 0, 0, 0])
  }

  /// The body is not asked where a header names the slice.
  @Test func aHeaderIsNotLookedForInTheBody() async throws {
    let desk = await Self.desk(.header(name: "tenant"))
    for _ in 0..<4 { desk.serve(#"{"parameters": {"tenant": "x"}}"#, saying: "acme") }
    #expect(await desk.slices(of: Desk.candidate)?.shape.names == ["acme"])
  }

  /// A million values are as many as fifty, and as little may stay of each.
  @Test func aFloodOfValuesOpensNothing() async throws {
    let desk = await Self.desk(Self.input)
    for index in 0..<20_000 {
      desk.serve(#"{"inputs": [{"name": "tenant", "data": ["user-\#(index)"]}]}"#)
      if index % 50 == 0 { desk.serve(#"{"inputs": [{"name": "tenant", "data": ["acme"]}]}"#) }
      if index % 1000 == 0 { _ = await desk.samples }
    }
    #expect(await desk.slices(of: Desk.candidate)?.shape.names == ["acme"])
  }

  /// Returns the slice that a body opens when it comes again and again; nil for all others.
  private static func slice(of body: String, by key: SliceKey) async throws -> String? {
    let desk = await desk(key)
    for _ in 0..<4 { desk.serve(body, saying: "") }
    let counts = try #require(await desk.slices(of: Desk.candidate))
    #expect(counts.integers.first == (counts.shape.names.isEmpty ? 4 : 2))
    return counts.shape.names.first
  }

  private static func desk(_ key: SliceKey) async -> Desk {
    let desk = await Desk(limits: IntakeLimits(values: 100))
    let plan = SlicePlan(slices: Slices(by: key, worst: 2), edges: [100, 250])
    await desk.intake.follow([
      Desk.deployment: SamplePlan(
        profile: Desk.plan([], []).profile, maturity: .seconds(60), arms: Desk.arms, slices: plan)
    ])
    return desk
  }
}

extension Desk {
  /// Takes a request with this body, and with what Envoy says of its slice.
  fileprivate func serve(_ body: String?, saying value: String = "") {
    intake.take(
      PayloadEvent(
        deployment: Self.deployment, revision: Self.candidate, requestID: "", at: clock.now,
        request: body.map { Array($0.utf8) }, response: [], status: 200,
        sliced: .init(value: value, isError: false, milliseconds: 20)))
  }
}
