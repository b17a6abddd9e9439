import Foundation
import TestKit
import Testing

/// Labels on real parts: the built program, git, Envoy, model servers, and clients who later learn what
/// was right.
@Suite(.serialized) struct LabelEndToEndTests {
  /// v2 answers the opposite of v1, as often and as fast, and is rolled back for its labels.
  ///
  /// Nothing but the labels can tell, which are held to what v1 reached on its test set. Then the world
  /// turns round, and v1 is wrong.
  @Test(.temporaryFolder, .timeLimit(.minutes(4)))
  func wrongByItsLabels() async throws {
    let team = try Team()
    try team.describeTransactions(tested: true)
    let console = "127.0.0.1:\(try freePort())"
    try Data("the-token-of-this-team\n".utf8).write(to: team.folder.appending(path: "labels.token"))
    try team.configure("console: {tokenFiles: {default: labels.token}}")
    try team.deploy(1, behaviour: #"{"above": 20}"#, watching: Self.drift)
    let serin = try team.start("--listen", console)
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let clients = try team.startLabelling(console)
    defer { clients.stop(SIGTERM) }
    try team.deploy(
      2, behaviour: #"{"above": 20, "inverted": true}"#, steps: Self.longStep, watching: Self.drift)
    try await team.waitFor("rollback v2", within: .seconds(90))
    clients.notify(SIGUSR1)
    try await team.waitFor("alert v1", within: .seconds(90))

    let decisions = try team.decisions()
    let ends = decisions.filter { ["rollback", "alert", "hold", "reject"].contains($0.verdict) }
    #expect(ends.map(\.text) == ["rollback v2", "alert v1"])
    #expect(ends.map(\.cause) == ["slo", "slo"])
    for end in ends {
      #expect(end.reason.hasPrefix("labels "), "\(end.reason)")
      #expect(end.reason.contains("against a limit of 0.29%: fail"), "\(end.reason)")
    }
    #expect(serin.stop(SIGINT) == 0, "\(team.log)")
    try team.expectRightLedger()
  }

  private static let drift = "{sample: 100%, labels: {maturity: 3s}}"
  private static let longStep = "[{weight: 50%, atLeast: 2m, atMost: 3m}]"
}

extension Team {
  /// Sends 50 requests a second and, a moment later, what was right: class 1 above 20, and after
  /// SIGUSR1 below.
  ///
  /// A request is known by the id that its answer carries, or else by that which it was sent with.
  func startLabelling(_ console: String) throws -> BackgroundProcess {
    let script = """
      import http.client, json, random, signal, sys, threading, time, uuid
      sys.path.insert(0, sys.argv[1])
      from traffic import transaction
      serving, console = sys.argv[2:]
      headers = {"content-type": "application/json", "authorization": "Bearer the-token-of-this-team"}
      turned = threading.Event()
      signal.signal(signal.SIGUSR1, lambda *_: turned.set())

      def post(connection, path, value):
          name = str(uuid.uuid4())
          try:
              connection.request("POST", path, json.dumps(value), headers | {"ce-id": name})
              answer = connection.getresponse()
              answer.read()
              return answer.headers.get("x-request-id", name)
          except (OSError, http.client.HTTPException):
              connection.close()

      def work(number):
          generator = random.Random(number)
          model = http.client.HTTPConnection(serving, timeout=30)
          feedback = http.client.HTTPConnection(console, timeout=30)
          for index in range(10**6):
              row = transaction(generator)
              tensor = {"name": "transactions", "shape": [1, 4], "datatype": "FP64", "data": [row]}
              name = post(model, "/v2/models/iris/infer", {"inputs": [tensor]})
              label = int((row[0] > 20) != turned.is_set())
              if name:
                  post(feedback, "/v1/feedback", {"deployment": "default/iris", "requestId": name, "label": label})
              time.sleep(0.08)

      for number in range(4):
          threading.Thread(target=work, args=(number,), daemon=True).start()
      threading.Event().wait()
      """
    return try BackgroundProcess(
      ["python3", "-B", "-c", script, Self.demo.path, "127.0.0.1:\(port)", console],
      output: folder.appending(path: "clients.log"))
  }
}
