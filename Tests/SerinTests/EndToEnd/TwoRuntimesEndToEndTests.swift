import Foundation
import Glibc
import TestKit
import Testing

/// Two data planes under one controller, on real parts.
@Suite(.serialized) struct TwoRuntimesEndToEndTests {
  /// Each Envoy answers for its own deployments; while one is dead, those of the other are served without an
  /// error, and a new version of them is tried and proven.
  @Test(.temporaryFolder, .timeLimit(.minutes(2)))
  func aDeadEnvoyStopsItsOwnAlone() async throws {
    let team = try Team()
    let edge = try team.addRuntime("edge")
    try team.deploy(1, on: ["iris": nil, "rose": "edge"])
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await eventually(within: .seconds(40)) {
      team.answer(of: "iris", at: team.port) == "200" && team.answer(of: "rose", at: edge) == "200"
    }
    #expect(team.answer(of: "rose", at: team.port) == "404")
    #expect(team.answer(of: "iris", at: edge) == "404")
    try await team.waitFor("complete v1")

    let traffic = try team.startTraffic()
    try team.deploy(2, on: ["iris": nil, "rose": "edge"], versions: ["iris": 2, "rose": 1])
    var killed = 0
    try await eventually(within: .seconds(45)) {
      if try team.killEnvoy(of: "edge") { killed += 1 }
      try await Task.sleep(for: .milliseconds(200))
      return try team.decisions().contains { $0.text == "complete v2" }
    }
    let answers = try team.endTraffic(traffic)
    #expect(killed > 0 && answers.keys.allSatisfy { $0.hasSuffix(" 200") }, "\(killed) \(answers)")
    #expect(answers["v2 200", default: 0] > 0)
    try team.expectRightLedger()
  }
}

extension Team {
  /// Gives the controller one more runtime, and returns the port of its Envoy.
  func addRuntime(_ name: String) throws -> Int {
    let port = try freePort()
    let file = folder.appending(path: "controller.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    guard let place = text.range(of: "    - name: local") else { return port }
    let other = text[place.lowerBound...].replacing("name: local", with: "name: \(name)")
      .replacing("listen: 127.0.0.1:\(self.port)", with: "listen: 127.0.0.1:\(port)")
    try Data("\(text)\n\(other)".utf8).write(to: file)
    return port
  }

  /// Commits and pushes deployments with one file, each on its runtime.
  func deploy(
    _ number: Int, on runtimes: [String: String?], versions: [String: Int] = [:]
  ) throws {
    let model = folder.appending(path: "model.json")
    try Data("{}".utf8).write(to: model)
    let manifests = runtimes.sorted { $0.key < $1.key }.map { name, runtime in
      """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
        model:
          version: "\(versions[name] ?? number)"
          uri: file://\(model.path)
          format: custom
        strategy:
          canary: {steps: [50%], atLeast: 2s, atMost: 15s}
        slos: [{errors: {below: 2%}}]
        analysis: {interval: 1s, minRequests: 10}
        bake: 2s
      \(runtime.map { "  runtime: \($0)" } ?? "")
      """
    }
    try push(manifests.joined(separator: "\n---\n"), message: "version \(number)")
  }

  /// Returns the status that a client gets of a deployment, "000" without an answer.
  func answer(of deployment: String, at port: Int) -> String {
    let request = #"{"inputs": []}"#
    let url = "http://127.0.0.1:\(port)/v2/models/\(deployment)/infer"
    let flags = ["-s", "-o", "/dev/null", "-m", "5", "-w", "%{http_code}"]
    return (try? shell(["curl"] + flags + ["-d", request, url])) ?? "000"
  }

  /// Kills the Envoy of a runtime, if it runs; returns whether it did.
  func killEnvoy(of runtime: String) throws -> Bool {
    struct Identity: Decodable { let pid: Int32 }
    let file = folder.appending(path: "state/runtimes/\(runtime)/envoy/process.json")
    guard let data = try? Data(contentsOf: file),
      let identity = try? JSONDecoder().decode(Identity.self, from: data),
      let command = try? Data(contentsOf: URL(filePath: "/proc/\(identity.pid)/cmdline")),
      String(decoding: command, as: UTF8.self).contains(folder.path)
    else { return false }
    return kill(identity.pid, SIGKILL) == 0
  }
}
