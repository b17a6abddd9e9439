import Control
import Foundation
import LocalRuntime
import Rollouts
import Testing
import Wording

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

  /// Any bytes may stand in a header.
  ///
  /// A name that no feedback could say, or that is too long, is none, and the event
  /// is one all the same.
  @Test(
    arguments: [
      (Array("user-42".utf8), "user-42"), (Array(#"a"b\c{}"#.utf8), #"a"b\c{}"#),
      (Array("grün".utf8), "grün"), ([0x61, 0xFF], nil), ([], nil),
      ([UInt8](repeating: 0x78, count: 256), String(repeating: "x", count: 256)),
      ([UInt8](repeating: 0x78, count: 257), nil),
    ] as [([UInt8], String?)])
  func entities(bytes: [UInt8], expected: String?) throws {
    let text = Data(bytes).base64EncodedString()
    let event = try #require(try CaptureLine(Self.line(["entity64": "\"\(text)\""])).event)
    #expect(event.entity == expected)
  }

  /// Lines of an Envoy that was started before there were entities, and of requests without one.
  @Test(arguments: [[:], ["entity64": "null"]] as [[String: String]])
  func noEntity(changes: [String: String]) throws {
    #expect(try #require(try CaptureLine(Self.line(changes)).event).entity == nil)
  }

  /// Whose slice it was, whether it was an error, and how long it took; nothing where no slices are counted.
  @Test(
    arguments: [
      (
        ["took": "20", "flags": #""-""#],
        PayloadEvent.Sliced(value: "acme", isError: false, milliseconds: 20)
      ),
      (["status": "500", "took": "7"], .init(value: "acme", isError: true, milliseconds: 7)),
      (
        ["flags": #""UC,DC""#, "took": "null"],
        .init(value: "acme", isError: true, milliseconds: nil)
      ),
      (
        ["status": "504", "flags": #""UT""#],
        .init(value: "acme", isError: true, milliseconds: .max)
      ),
      (["took": "-4"], .init(value: "acme", isError: false, milliseconds: 0)),
      (["slice64": #""""#], .init(value: "", isError: false, milliseconds: nil)),
      (["slice64": #""/w==""#], .init(value: "", isError: false, milliseconds: nil)),
      (["slice64": "null", "took": "20"], nil),
    ] as [([String: String], PayloadEvent.Sliced?)])
  func slices(changes: [String: String], expected: PayloadEvent.Sliced?) throws {
    let line = Self.line(["slice64": #""YWNtZQ==""#].merging(changes) { $1 })
    #expect(try #require(try CaptureLine(line).event).sliced == expected)
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
      ["status": #""200""#], ["id": "null"], ["request64": #""%""#], ["entity64": #""%""#],
      ["entity64": "7"], ["missed": "1e99"], ["slice64": #""%""#],
    ])
  func whatEnvoyDoesNotWriteIsRefused(changes: [String: String]) {
    #expect(throws: (any Error).self) { try CaptureLine(Self.line(changes)) }
  }

  @Test(arguments: ["", "{", "[]", "null", #"{"server":"a/b/c"}"#])
  func otherTextIsRefused(text: String) {
    #expect(throws: (any Error).self) { try CaptureLine(ArraySlice(text.utf8)) }
  }
}

/// Lines about answers that were errors.
@Suite struct ErrorLineTests {
  private static func line(_ members: String) -> ArraySlice<UInt8> {
    Array("{\(members)}".utf8)[...]
  }

  private static func body(_ bytes: [UInt8]) -> String {
    let text = Data(bytes).base64EncodedString()
    return #""server":"default/iris/rev2","at":"1795272230999","error":503,"body64":"\#(text)""#
  }

  /// What a model answers reaches a record and a terminal: it is short, and steers neither.
  @Test(
    arguments: [
      (Array(#"{"error": "no memory"}"#.utf8), #"{"error": "no memory"}"#),
      (Array("\u{1B}[2Jgone\r\nSerin-Record: v1\u{202E}".utf8), "[2Jgone  Serin-Record: v1"),
      ([0xFF, 0xFE, 0x41], "\u{FFFD}\u{FFFD}A"), ([], ""),
      ([UInt8](repeating: 0x61, count: 5000), String(repeating: "a", count: 200)),
    ] as [([UInt8], String)])
  func bodiesAreMadeSafe(bytes: [UInt8], shown: String) {
    let line = ErrorLine(Self.line(Self.body(bytes)))
    #expect(line?.server == ServerKey("default/iris/rev2"))
    #expect(
      line?.sample
        == ErrorSample(status: 503, body: shown, at: Instant(milliseconds: 1_795_272_230_999)))
  }

  /// An answer without a body, or with one that could not be kept, is one all the same.
  @Test func aBodyMayBeMissing() {
    let members = #""server":"default/iris/rev2","at":"17","error":500,"body64":null"#
    #expect(ErrorLine(Self.line(members))?.sample.summary == "500")
  }

  @Test(
    arguments: [
      "", #""server":"default/iris","at":"17","error":500"#,
      #""server":"default/iris/rev2","at":"x","error":500"#,
      #""server":"default/iris/rev2","at":"17","error":200"#,
      #""server":"default/iris/rev2","at":"17","status":500,"missed":0"#,
    ])
  func otherLinesAreNone(members: String) { #expect(ErrorLine(Self.line(members)) == nil) }
}
