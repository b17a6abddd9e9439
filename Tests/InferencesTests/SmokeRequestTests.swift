import HTTP
import Inferences
import Rollouts
import Testing

/// What a model may answer to its smoke request.
@Suite struct SmokeRequestTests {
  /// An answer, and what is wrong about it where `{"outputs": [{"name": "y", "shape": [1], "data": [0]}]}` is expected.
  private struct Case: CustomTestStringConvertible {
    var answer: String
    var status = 200
    var agreement: Agreement? = .standard
    var problem: String?

    var testDescription: String { "\(status) \(answer)" }

    static let all = [
      Case(answer: output("[0]")),
      Case(answer: output("[1]"), agreement: nil),
      Case(answer: #"{"outputs": []}"#, agreement: nil),
      Case(
        answer: output("[0.001]"), agreement: Agreement(usual: .close(absolute: 0.01, relative: 0))),
      Case(
        answer: output("[0.001]"),
        problem: "it is not the answer that the manifest expects: " + output("[0.001]")),
      Case(
        answer: #"{"outputs": []}"#,
        problem: #"it is not the answer that the manifest expects: {"outputs": []}"#),
      Case(answer: "", problem: "its answer is no JSON with outputs"),
      Case(answer: "{}", agreement: nil, problem: "its answer is no JSON with outputs"),
      Case(
        answer: #"{"outputs": {"y": 0}}"#, agreement: nil,
        problem: "its answer is no JSON with outputs"),
      Case(
        answer: String(repeating: "[", count: 100_000), agreement: nil,
        problem: "its answer is no JSON with outputs"),
      Case(answer: output("[0]"), status: 302, problem: "it answered 302: " + output("[0]")),
      Case(
        answer: "no\u{1B}[2J such\ntensor\u{202E} ", status: 500,
        problem: "it answered 500: no [2J such tensor"),
      Case(
        answer: String(repeating: "x", count: 500), status: 404,
        problem: "it answered 404: " + String(repeating: "x", count: 400)),
    ]

    private static func output(_ data: String) -> String {
      #"{"outputs": [{"name": "y", "shape": [1], "data": \#(data)}]}"#
    }
  }

  /// A wrong answer has a reason that can be shown, however it is wrong; a right one has none.
  @Test(arguments: Case.all) private func answersAreJudged(item: Case) {
    let body = #"{"outputs": [{"name": "y", "shape": [1], "data": [0]}]}"#
    let expected = item.agreement.map { ExpectedAnswer(body: body, agreement: $0) }
    let request = SmokeRequest(body: "{}", expected: expected)
    #expect(request.problem(status: item.status, answer: Array(item.answer.utf8)) == item.problem)
  }

  /// A manifest without a smoke request has nothing to ask.
  @Test func theManifestSaysWhatIsAsked() {
    func model(_ smoke: String?) -> Model {
      Model(
        version: "1", uri: "file:///m", digest: nil, format: "custom", smoke: smoke, retry: 0,
        answer: ExpectedAnswer(body: "{}"))
    }
    #expect(SmokeRequest(of: model(nil)) == nil)
    #expect(
      SmokeRequest(of: model("[]"))
        == SmokeRequest(body: "[]", expected: ExpectedAnswer(body: "{}")))
    var request = HTTPRequest("http://127.0.0.1/v2/models/m/infer")
    request.infer([1, 2], timeout: .seconds(3))
    #expect(request.method == "POST" && request.body == [1, 2] && request.timeout == .seconds(3))
    #expect(request.headers.map(\.name) == ["content-type"])
  }

  /// A request made up from what a server says of its inputs, or none.
  @Test(arguments: [
    (#"{"inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}]}"#, "[0,0]"),
    (#"{"inputs":[{"name":"s","datatype":"BYTES","shape":[1]}]}"#, #"[""]"#),
    (#"{"inputs":[{"name":"b","datatype":"BOOL","shape":[]}]}"#, "[false]"),
    (#"{"inputs":[{"name":"x","datatype":"FP32","shape":[4611686018427387904,4]}]}"#, nil),
    (#"{"inputs":[{"name":"x","datatype":"FP32","shape":[1000,1001]}]}"#, nil),
    (
      #"{"inputs":[{"name":"x","datatype":"FP32","shape":[600000]},"#
        + #"{"name":"y","datatype":"FP32","shape":[600000]}]}"#, nil
    ),
    (#"{"inputs":[{"name":"x"}]}"#, nil), (#"{"inputs":[]}"#, nil), ("{}", nil), ("nonsense", nil),
  ])
  func requestsAreMadeOfMetadata(metadata: String, data: String?) {
    let body = ModelMetadata.madeUpRequest(Array(metadata.utf8))
    #expect((body == nil) == (data == nil))
    if let data { #expect(body?.contains("\"data\":\(data)") == true, "\(body ?? "")") }
  }
}
