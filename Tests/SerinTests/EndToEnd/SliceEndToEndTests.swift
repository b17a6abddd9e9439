import Foundation
import TestKit
import Testing

/// Slices on real parts: Envoy keeps requests, their body says whose each is, and one tenant meets errors.
@Suite(.serialized) struct SliceEndToEndTests {
  /// v2 fails one tenant in twelve, whom an input of the model names, and is rolled back for that tenant, although all
  /// requests together keep the promise.
  @Test(.temporaryFolder, .timeLimit(.minutes(4)))
  func aTenantInTheBodyIsFound() async throws {
    let team = try Team()
    try team.deploy(1, behaviour: "{}")
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let clients = try team.startTenants()
    defer { clients.stop(SIGTERM) }
    try team.deploy(
      2, behaviour: #"{"failsFor": "tenant-7"}"#, strategy: Self.strategy, errors: Self.errors)
    try await team.waitFor("rollback v2", within: .seconds(100))
    let end = try #require(try team.decisions().last { $0.text == "rollback v2" })
    #expect(end.reason.hasPrefix("input tenant \"tenant-7\": errors "), "\(end.reason)")
    #expect(serin.stop(SIGINT) == 0, "\(team.log)")
    try team.expectRightLedger()
  }

  private static let strategy =
    "canary: {steps: [50%], atLeast: 80s, atMost: 90s}\n  slices: {by: {input: tenant}, worst: 12}"
  /// More than one tenant in twelve.
  private static let errors = "{below: 15%, floor: 15%}"
}

extension Team {
  /// Sends 50 requests a second for twelve tenants, whom nothing but an input of the model names.
  fileprivate func startTenants() throws -> BackgroundProcess {
    let script = """
      import http.client, json, sys, threading, time

      def tensor(name, kind, value):
          return {"name": name, "shape": [1, 1], "datatype": kind, "data": [value]}

      def work(number):
          connection = http.client.HTTPConnection(sys.argv[1], timeout=30)
          for index in range(2000):
              tenant = f"tenant-{(4 * index + number) % 12}"
              inputs = [tensor("x", "FP64", index), tensor("tenant", "BYTES", tenant)]
              try:
                  connection.request("POST", "/v2/models/iris/infer", json.dumps({"inputs": inputs}))
                  connection.getresponse().read()
              except (OSError, http.client.HTTPException):
                  connection.close()
              time.sleep(0.08)

      threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(4)]
      for thread in threads:
          thread.start()
      for thread in threads:
          thread.join()
      """
    return try BackgroundProcess(
      ["python3", "-B", "-c", script, "127.0.0.1:\(port)"],
      output: folder.appending(path: "clients.log"))
  }
}
