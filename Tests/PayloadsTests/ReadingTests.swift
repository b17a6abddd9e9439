import Payloads
import Profiles
import Rollouts
import Testing

/// Every shape in which the same values may come gives the same counts.
@Suite struct ReadingTests {
  @Test(arguments: [
    // V2, by name; whatever else there is, is ignored.
    #"{"id": "1", "inputs": [{"name": "age", "shape": [2], "datatype": "FP64", "data": [41, 17]},"#
      + #"{"name": "other", "shape": [1], "datatype": "BOOL", "data": [true]},"#
      + #"{"data": ["red", "7"], "name": "color", "shape": [2, 1], "datatype": "BYTES"}]}"#,
    // V2, by position, flat and nested, in one tensor or several.
    #"{"inputs": [{"name": "x", "shape": [2, 2], "datatype": "BYTES", "data": [41, "red", 17, "7"]}]}"#,
    #"{"inputs": [{"name": "x", "shape": [2, 2], "data": [[41, "red"], [17, 7]]}]}"#,
    #"{"inputs": [{"name": "x", "shape": [2], "data": [41, 17]}, "#
      + #"{"name": "y", "shape": [2], "data": ["red", 7.0]}]}"#,
    // V1, rows as lists and by column, with keys in any order, unknown ones and escapes.
    #"{"signature_name": "s", "instances": [[41, "red"], [17, "7"]]}"#,
    #"{"instances": [{"color": "red", "age": 41, "id": {"a": [1]}}, {"age": 17, "color": 7}]}"#,
    #"{"instances": [{"\u0061ge": 4.1e1, "color": "\u0072ed"}, {"age": 1.7E+1, "color": "7"}]}"#,
    // The last of two wins.
    #"{"instances": [[1, 2]], "instances": [{"age": 3, "age": 41, "color": "red"}, [17, "7"]]}"#,
  ])
  func sameCounts(body: String) async {
    let desk = await Desk()
    desk.take(body, #"{"predictions": [[0.25], [0.5]]}"#)
    let counts = await desk.counts
    #expect(counts.requests == 1 && counts.badInputs == 0 && counts.badOutputs == 0)
    #expect(counts.features == [[1, 0, 1, 0], [1, 1, 0, 0]])
    #expect(counts.outputs == [[1, 1, 0]])
  }

  @Test(arguments: [
    #"{"outputs": [{"name": "predict", "shape": [2, 1], "datatype": "FP64", "data": [0.25, 0.5]}]}"#,
    #"{"outputs": [{"name": "label", "shape": [2], "data": [1, 0]}, "#
      + #"{"name": "score", "shape": [2], "data": [0.25, 0.5]}]}"#,
    #"{"predictions": [0.25, 0.5], "deployed_model_id": "1"}"#,
    #"{"predictions": [{"score": 0.25}, {"score": 0.5}]}"#,
  ])
  func answers(body: String) async {
    let desk = await Desk()
    desk.take(Desk.request, body)
    let counts = await desk.counts
    #expect(counts.badOutputs == 0 && counts.outputs == [[1, 1, 0]])
  }

  /// What the contract says of single values; the columns beside a bad one are counted.
  @Test(arguments: [
    (#"{"age": 120, "color": "blue"}"#, 0, [[0, 0, 1, 0], [0, 0, 1, 0]]),
    (#"{"age": 121, "color": null}"#, 1, [[0, 0, 1, 0], [0, 0, 0, 1]]),
    (#"{"age": null}"#, 1, [[0, 0, 0, 1], [0, 0, 0, 1]]),
    (#"{"age": "41"}"#, 1, [[0, 0, 0, 1], [0, 0, 0, 1]]),
    (#"{"age": true, "color": false}"#, 0, [[1, 0, 0, 0], [0, 0, 1, 0]]),
    (#"{"age": [41], "color": 7.5}"#, 1, [[0, 0, 0, 1], [0, 0, 1, 0]]),
    (#"{"age": 18, "color": {"red": 1}}"#, 1, [[0, 1, 0, 0], [0, 0, 0, 1]]),
    (#"{"age": 17.999999999999996}"#, 0, [[1, 0, 0, 0], [0, 0, 0, 1]]),
  ])
  func contract(row: String, bad: Int, features: [[Int]]) async {
    let desk = await Desk()
    desk.take(Desk.v1(row))
    let counts = await desk.counts
    #expect(counts.badInputs == bad)
    #expect(counts.features == features)
  }

  @Test func textsByLengthAndVectorsByNorm() async {
    let text = ProfileColumn(name: "t", kind: .text(edges: [3]), counts: [1, 1, 0])
    let vector = ProfileColumn(
      name: "v", kind: .vector(dimension: 2, edges: [5]), counts: [1, 1, 0])
    let desk = await Desk(features: [text, vector])
    desk.take(Desk.v1(#"{"t": "äöü", "v": [3, 4]}, {"t": "\ud83d\ude00\n", "v": [3, 3]}"#))
    desk.take(Desk.v1(#"["abc", 3, 4], ["", -1, 0]"#))
    desk.take(Desk.v1(#"{"t": "abc", "v": [3, 4, 5]}"#))
    let counts = await desk.counts
    #expect(counts.features == [[2, 3, 0], [2, 2, 1]])
    #expect(counts.badInputs == 1)
  }

  /// An answer that is an error is none; what was not kept is lost, not bad.
  @Test func halves() async {
    let desk = await Desk()
    desk.take(Desk.request, #"{"error": "no"}"#, status: 500)
    desk.take(Desk.request, nil, status: 503)
    #expect(await desk.counts.integers.prefix(6) == [2, 0, 0, 0, 0, 0])
    desk.take(nil)
    desk.take(Desk.request, nil)
    desk.take(nil, nil)
    #expect(await desk.counts.integers.prefix(6) == [4, 0, 0, 0, 0, 3])
    #expect(await desk.counts.outputs == [[1, 0, 0]])
  }

  @Test func emptyBatch() async {
    let desk = await Desk()
    desk.take(#"{"inputs": [{"name": "x", "shape": [0, 2], "data": []}]}"#, #"{"predictions": []}"#)
    #expect(await desk.counts.integers.prefix(6) == [1, 0, 0, 0, 0, 0])
  }
}
