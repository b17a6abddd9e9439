import Control
import Rollouts
import Testing

/// Labels on their way in: all of a request, or none.
@Suite struct FeedbackTests {
  private static let json = ["content-type": "application/json; charset=utf-8"]

  @Test func oneLabelAndAListAreTaken() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let one = try await Client.ask(
        port, "POST", "/v1/feedback", Self.json,
        body: Array(#"{"deployment": "payments/fraud", "requestId": "6f2c", "label": 1}"#.utf8))
      #expect(one.status == 202 && one.body == "{\"accepted\":1}\n")
      let list = """
        [{"deployment": "default/iris", "requestId": "a", "label": "setosa"},
         {"deployment": "default/iris", "requestId": "b", "label": -0.5}]
        """
      let two = try await Client.ask(
        port, "POST", "/v1/feedback", Self.json, body: Array(list.utf8))
      #expect(two.status == 202 && two.body == "{\"accepted\":2}\n")
      let none = try await Client.ask(
        port, "POST", "/v1/feedback", Self.json, body: Array("[]".utf8))
      #expect(none.status == 202 && none.body == "{\"accepted\":0}\n")
    }
    #expect(stage.labels.map(\.value) == [.number(1), .text("setosa"), .number(-0.5)])
    #expect(stage.labels.map(\.requestID) == ["6f2c", "a", "b"])
    #expect(stage.labels[0].deployment == DeploymentName(namespace: "payments", name: "fraud"))
  }

  /// An entity's, alone and in a list with labels.
  @Test func conversionsAreTaken() async throws {
    let stage = Stage()
    let one = #"{"deployment": "payments/fraud", "entity": "user-42", "metric": "conversion"}"#
    let list = #"[{"deployment": "a/b", "requestId": "1", "label": 1}, \#(one), \#(one)]"#
    try await stage.serving { port in
      for (body, count) in [(one, 1), (list, 3)] {
        let answer = try await Client.ask(
          port, "POST", "/v1/feedback", Self.json, body: Array(body.utf8))
        #expect(answer.status == 202 && answer.body == "{\"accepted\":\(count)}\n")
      }
    }
    let expected = Conversion(
      deployment: DeploymentName(namespace: "payments", name: "fraud"), entity: "user-42",
      metric: "conversion")
    #expect(stage.conversions == [expected, expected, expected])
    #expect(stage.labels.map(\.requestID) == ["1"])
  }

  private static let eitherForm =
    #"an item has either "requestId" and "label", or "entity" and "metric""#

  private static func conversion(_ members: String) -> String {
    #"{"deployment": "a/b", \#(members)}"#
  }

  private static func item(_ changes: String) -> String {
    #"{"deployment": "a/b", "requestId": "1", \#(changes)}"#
  }

  @Test(
    arguments: [
      ("", "the body is not JSON"), ("{", "the body is not JSON"), ("7", "an item is an object"),
      ("NaN", "the body is not JSON"), ("{}", "\"deployment\" must be text"),
      (item(#""label": 1, "lable": 2"#), "unknown key \"lable\""),
      (item(#""label": true"#), "\"label\" must be a number or text"),
      (item(#""label": null"#), "\"label\" must be a number or text"),
      (item(#""label": [1]"#), "\"label\" must be a number or text"),
      (item(#""label": NaN"#), "the body is not JSON"),
      (item(#""label": 1e999"#), "\"label\" must be a number or text"),
      (item(#""label": """#), "\"label\" must have 1 to 512 bytes"),
      (
        #"{"deployment": "b", "requestId": "1", "label": 1}"#,
        "\"deployment\" must be \"NAMESPACE/NAME\""
      ),
      (
        #"{"deployment": "a/b/c", "requestId": "1", "label": 1}"#,
        "\"deployment\" must be \"NAMESPACE/NAME\""
      ),
      (
        #"{"deployment": "a/b", "requestId": 1, "label": 1}"#, "\"requestId\" must be text"
      ),
      (
        #"{"deployment": "a/b", "requestId": "\#(String(repeating: "x", count: 513))", "label": 1}"#,
        "\"requestId\" must have 1 to 512 bytes"
      ),
      (
        "[\(item(#""label": 1"#)), \(item(#""label": {}"#))]",
        "item 2: \"label\" must be a number or text"
      ),
      (#"{"deployment": "a/b"}"#, eitherForm),
      (conversion(#""entity": "u", "label": 1"#), eitherForm),
      (item(#""label": 1, "metric": "m""#), eitherForm),
      (conversion(#""entity": "u""#), "\"metric\" must be text"),
      (conversion(#""metric": "m""#), "\"entity\" must be text"),
      (conversion(#""metric": "m", "entity": 42"#), "\"entity\" must be text"),
      (conversion(#""metric": "", "entity": "u""#), "\"metric\" must have 1 to 512 bytes"),
      (
        conversion(#""metric": "m", "entity": "\#(String(repeating: "x", count: 257))""#),
        "\"entity\" must have 1 to 256 bytes"
      ),
      (String(repeating: "[", count: 60_000), "the body is not JSON"),
      ("[[]]", "item 1: an item is an object"),
      (
        "[\(Array(repeating: #"{"deployment":"a/b","requestId":"1","label":1}"#, count: 1001).joined(separator: ","))]",
        "a list may hold 1000 items"
      ),
    ] as [(String, String)])
  func wrongLabelsAreRefusedTogether(body: String, why: String) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/feedback", Self.json, body: Array(body.utf8))
      #expect(answer.status == 400)
      #expect(answer.body == "{\"error\":\"\(why.replacing("\"", with: "\\\""))\"}\n")
    }
    #expect(stage.labels.isEmpty && stage.conversions.isEmpty)
  }

  /// A web page can make a browser send such a request to loopback, but not with our type.
  @Test(arguments: [nil, "text/plain", "application/x-www-form-urlencoded"])
  func otherTypesAreRefused(type: String?) async throws {
    let stage = Stage()
    let body = #"{"deployment": "a/b", "requestId": "1", "label": 1}"#
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/feedback", type.map { ["content-type": $0] } ?? [:],
        body: Array(body.utf8))
      #expect(answer.status == 415)
    }
    #expect(stage.labels.isEmpty)
  }

  @Test func largeBodiesAreRefused() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/feedback", Self.json,
        body: [UInt8](repeating: 32, count: (64 << 10) + 1))
      #expect(answer.status == 413)
    }
  }
}
