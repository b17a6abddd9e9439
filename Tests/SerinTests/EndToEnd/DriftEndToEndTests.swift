import Foundation
import TestKit
import Testing

/// Drift on real parts: the built program, git, Envoy, model servers, and clients whose requests are
/// captured.
@Suite(.serialized) struct DriftEndToEndTests {
  /// A text and a number that clients send, and nobody but a model server is to keep.
  private static let canaries = ["canary-7d20e4", "31415.92653"]

  /// v3 calls everything one class, in time and without an error, and is rolled back for that; then
  /// the amounts grow, and nobody is blamed.
  ///
  /// An auditor decides the same again, and finds nothing of what any client sent.
  @Test(.temporaryFolder, .timeLimit(.minutes(6)))
  func collapseIsRolledBackAndAShiftIsTold() async throws {
    let team = try Team()
    try team.describeTransactions()
    try team.deploy(1, behaviour: Self.predicting, watching: Self.drift)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic(for: .seconds(600))
    try team.deploy(2, behaviour: Self.predicting, watching: Self.drift)
    try await team.waitFor("complete v2", within: .seconds(120))
    try await team.sendCanaries(Self.canaries)
    try team.deploy(
      3, behaviour: #"{"above": 1e9}"#, steps: Self.longStep, watching: Self.drift)
    try await team.waitFor("rollback v3", within: .seconds(180))
    traffic.notify(SIGUSR1)
    try await team.waitFor("alert v2", within: .seconds(180))
    let answers = try team.endTraffic(traffic)

    #expect(Set(answers.keys) == ["v1 200", "v2 200", "v3 200"], "\(answers)")
    let decisions = try team.decisions()
    let ends = decisions.filter { ["rollback", "alert", "hold", "reject"].contains($0.verdict) }
    #expect(ends.map(\.text) == ["rollback v3", "alert v2"])
    #expect(ends.map(\.cause) == ["drift", "drift"])
    let reasons = ends.map(\.reason)
    #expect(reasons[0].hasPrefix("predictions moved: class is "), "\(reasons)")
    #expect(reasons[1].hasPrefix("inputs moved: amount is "), "\(reasons)")
    try await eventually(within: .seconds(180)) { try !team.isCaptured(Self.canaries) }
    #expect(serin.stop(SIGINT) == 0, "\(team.log)")
    try team.expectRightLedger()
    try team.expectNothingWritten(of: Self.canaries)
  }

  /// Class 1 from about the median on.
  private static let predicting = #"{"above": 20}"#
  private static let drift = "{sample: 100%}"
  private static let longStep = "[{weight: 50%, atLeast: 2m, atMost: 3m}]"
}

extension Team {
  /// Commits what the data of the clients in `hack/demo.d/traffic.py` is like, and the right answers;
  /// when `tested`, also that the model was right about all of a test set.
  func describeTransactions(tested: Bool = false) throws {
    let rows = """
      import random, sys
      sys.path.insert(0, sys.argv[1])
      from traffic import transaction
      generator = random.Random(1)
      print("amount,hour,country,category,class\(tested ? ",right" : "")")
      for _ in range(4000):
          row = transaction(generator)
          print(*row, *[int(row[0] > 20)] * \(tested ? 2 : 1), sep=",")
      """
    let table = try shell(["python3", "-B", "-c", rows, Self.demo.path])
    try Data(table.utf8).write(to: folder.appending(path: "train.csv"))
    let test = ["--ignore", "right", "--test", "train.csv", "--label", "right"]
    let built = try Command(
      [
        "profile", "build", "train.csv", "--output", "class", "--categorical", "class",
        "--categorical", "country", "--categorical", "category",
      ] + (tested ? test : []) + ["--to", "clone/iris.profile.yaml"])
    #expect(built.status == 0, "\(built.errors)")
  }

  /// Sends each once as a country, and a number as an amount, too.
  fileprivate func sendCanaries(_ canaries: [String]) async throws {
    for canary in canaries {
      let country = Double(canary) == nil ? "\"\(canary)\"" : canary
      let amount = Double(canary) ?? 25
      let body = """
        {"id": "\(canary)", "inputs": [{"name": "transactions", "shape": [1, 4],
         "datatype": "BYTES", "data": [[\(amount), 3, \(country), 0]]}]}
        """
      let url = "http://127.0.0.1:\(port)/v2/models/iris/infer"
      let answer = try shell(["curl", "--silent", "--show-error", "--data", body, url])
      #expect(answer.contains("outputs"), "\(answer)")
      try await eventually { try isCaptured([canary]) }
    }
  }

  /// Whether any of them is in what was captured and is not yet removed.
  func isCaptured(_ canaries: [String]) throws -> Bool {
    let captures = folder.appending(path: "state/runtimes/local/envoy/capture")
    return try texts(under: captures).contains { text in canaries.contains { text.contains($0) } }
  }

  /// Looks for them in the ledger, the log, and all of the state.
  fileprivate func expectNothingWritten(of canaries: [String]) throws {
    let written = try texts(under: folder.appending(path: "state")) + texts(under: remote) + [log]
    #expect(written.contains { $0.contains("serin.dev/decision-v1") })
    for text in written {
      for canary in canaries {
        #expect(!text.contains(canary), "\(canary) is in: \(text.prefix(200))")
      }
    }
  }
}
