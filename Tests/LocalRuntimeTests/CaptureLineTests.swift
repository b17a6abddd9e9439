import Control
import LocalRuntime
import Rollouts
import Testing

/// What Envoy writes, as an event.
@Suite struct CaptureLineTests {
  /// Returns a line with some members changed.
  static func line(_ changes: [String: String] = [:]) -> ArraySlice<UInt8> {
    var members = [
      "server": #""payments/fraud/3f9c""#, "at": #""1795272230050""#, "status": "200",
      "id": #""a-1""#, "missed": "0", "request": #""{\"a\":1}""#, "request64": "null",
      "response": "null", "response64": #""e30K/w==""#,
    ]
    members.merge(changes) { $1 }
    let text = members.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
    return ArraySlice("{\(text)}".utf8)
  }

  @Test func everyMemberIsTaken() throws {
    let line = try CaptureLine(Self.line(["missed": "3"]))
    let event = try #require(line.event)
    #expect(event.deployment == DeploymentName(namespace: "payments", name: "fraud"))
    #expect(event.revision == Revision.ID("3f9c") && event.requestID == "a-1")
    #expect(event.at == Instant(milliseconds: 1_795_272_230_050) && event.status == 200)
    #expect(event.request == Array(#"{"a":1}"#.utf8))
    #expect(event.response == [0x7B, 0x7D, 0x0A, 0xFF])
    #expect(line.missed == 3 && line.unnamed == nil)
  }

  /// A request that nobody answered is no event, and none is lost.
  @Test func noAnswerIsNoEvent() throws {
    let line = try CaptureLine(Self.line(["status": "0"]))
    #expect(line.event == nil && line.unnamed == nil)
  }

  /// An id that was cut off could be another request's.
  @Test(arguments: zip([256, 257], [true, false]))
  func idsHaveALimit(length: Int, isNamed: Bool) throws {
    let id = String(repeating: "x", count: length)
    let line = try CaptureLine(Self.line(["id": "\"\(id)\""]))
    #expect((line.event != nil) == isNamed)
    #expect((line.unnamed == nil) == isNamed)
  }

  @Test(
    arguments: [
      ["server": #""payments/fraud""#], ["server": "null"], ["at": #""yesterday""#],
      ["status": #""200""#], ["id": "null"], ["request64": #""%""#], ["missed": "1e99"],
    ])
  func whatEnvoyDoesNotWriteIsRefused(changes: [String: String]) {
    #expect(throws: (any Error).self) { try CaptureLine(Self.line(changes)) }
  }

  @Test(arguments: ["", "{", "[]", "null", #"{"server":"a/b/c"}"#])
  func otherTextIsRefused(text: String) {
    #expect(throws: (any Error).self) { try CaptureLine(ArraySlice(text.utf8)) }
  }
}
