import Rollouts
import Testing

@testable import Prometheus

/// What a server may answer, and what is asked of it.
@Suite struct AnswerTests {
  private func kind(_ text: String, status: Int = 200) -> PrometheusError.Kind? {
    do throws(PrometheusError) {
      let series = try Answer.series(Array(text.utf8), status: status)
      return series.lazy.compactMap(\.refusal).first?.kind
    } catch {
      return error.kind
    }
  }

  private static func answer(
    _ result: String, type: String = "matrix", more: String = ""
  ) -> String {
    #"{"status":"success"\#(more),"data":{"resultType":"\#(type)","result":\#(result)}}"#
  }

  @Test func samplesComeInTheOrderOfTime() throws {
    let text = Self.answer(
      #"[{"metric":{"__name__":"x","a":"b"},"values":[[20.5,"2"],[10,"1"],[10,"1"]]}]"#)
    let series = try Answer.series(Array(text.utf8), status: 200)
    #expect(series.map(\.labels) == [["__name__": "x", "a": "b"]])
    #expect(series.first?.samples.map(\.at.milliseconds) == [10_000, 20_500])
    #expect(series.first?.samples.map(\.value) == [1, 2])
  }

  @Test(
    arguments: [
      ("", 200, .shape), ("null", 200, .shape), ("[]", 200, .shape), ("{}", 200, .shape),
      (#"{"status":"success"}"#, 200, .shape),
      (answer("[]", type: "vector"), 200, .shape),
      (answer(#"[1,"2"]"#, type: "scalar"), 200, .shape),
      (answer("{}"), 200, .shape),
      (answer(#"[{"metric":{"a":1},"values":[[1,"1"]]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"values":[]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"values":[[1]]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"values":[[1,2]]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"values":[[1,"2",3]]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"values":[["1","2"]]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"values":[[1,"1"],[1,"2"]]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"histograms":[[1,{}]]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"values":[[1,"1"]],"histograms":[[1,{}]]}]"#), 200, .shape),
      (answer(#"[{"metric":{},"values":[[1,"many"]]}]"#), 200, .value),
      (answer(#"[{"metric":{},"values":[[-1,"1"]]}]"#), 200, .value),
      (answer(#"[{"metric":{},"values":[[1e300,"1"]]}]"#), 200, .value),
      (answer("[]", more: #","warnings":["a store is away"]"#), 200, .partial),
      (answer("[]", more: #","warnings":null"#), 200, nil),
      (
        #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[]}]},"#
          + #""warnings":["a store is away"]}"#, 200, .partial
      ),
      (answer(#"[{"metric":{},"values":[[1,"1"]],"histograms":null}]"#), 200, nil),
      (
        #"{"status":"success","data":{"resultType":"matrix","result":[],"result":[]}}"#, 200, .shape
      ),
      (#"{"status":"error","errorType":"bad_data","error":"parse error"}"#, 400, .refused),
      (#"{"status":"error","error":"busy"}"#, 200, .refused),
      ("<html>", 502, .refused), (answer("[]"), 500, .refused), ("", 401, .credentials),
      ("", 403, .credentials), (answer("[]"), 200, nil),
    ] as [(String, Int, PrometheusError.Kind?)])
  func exactShapesOnly(text: String, status: Int, expected: PrometheusError.Kind?) {
    #expect(kind(text, status: status) == expected)
  }

  /// What is wrong with one series is no fault of another one's.
  @Test func othersAreReadBesideWhatIsWrong() throws {
    let text = Self.answer(
      #"[{"metric":{"a":"1"},"histograms":[[1,{}]]},{"metric":{"a":"2"},"values":[[1,"1"]]}]"#)
    let series = try Answer.series(Array(text.utf8), status: 200)
    #expect(series.map(\.refusal?.kind) == [.shape, nil])
    #expect(series.map(\.samples.count) == [0, 1])
  }

  /// What is no matrix is said to be what it is, whatever is in it.
  @Test func aVectorIsCalledOne() {
    let text = Self.answer(#"[{"metric":{"a":"b"},"value":[1,"1"]}]"#, type: "vector")
    #expect {
      _ = try Answer.series(Array(text.utf8), status: 200)
    } throws: { "\($0)".contains("the answer is a vector, not a matrix") }
  }

  @Test func textOfOthersStaysInItsPlace() throws {
    let query = try PromQL.range(
      [
        .init(label: "__name__", values: ["vllm:x", "y_total"]),
        .init(label: "pod", values: ["a.b|c", #"q"\}[1h]) or up#"#, "line\nbreak"]),
      ], window: .seconds(120))
    let expected =
      #"{__name__=~"vllm:x|y_total",pod=~"a\\.b\\|c|q\"\\\\\\}\\[1h\\]\\) or up#|line\nbreak"}[120s]"#
    #expect(query == expected)
  }

  @Test(arguments: [("1a", "x"), ("", "x"), ("a b", "x"), ("é", "x"), ("a", "")])
  func whatIsNoLabelIsNotAsked(label: String, value: String) {
    #expect {
      try PromQL.range([.init(label: label, values: [value])], window: .seconds(10))
    } throws: { ($0 as? PrometheusError)?.kind == .subject }
  }
}
