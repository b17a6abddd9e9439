import Encoding
import Foundation
import HTTP
import Inferences
import Kubernetes
import Manifests
import TestKit
import Testing

@testable import ClusterRuntime

/// What a pod may say at its port that is no answer of a model's.
@Suite(.timeLimit(.minutes(1))) struct PodQuestionTests {
  /// Says the same bytes to whoever connects, once it has heard something, and writes down what that was.
  private static let script = """
    import socket, sys
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
      connection, _ = listener.accept()
      print(connection.recv(4096).split(b"\\r\\n")[0].decode(), flush=True)
      connection.sendall(bytes.fromhex(sys.argv[2]))
      connection.close()
    """

  private static func pod(saying hex: String) throws -> (BackgroundProcess, PodModel, URL) {
    let (port, log) = (try freePort(), TemporaryFolder.current.appending(path: "log"))
    let process = try BackgroundProcess(
      [testPython, "-c", script, "\(port)", hex], in: TemporaryFolder.current, output: log)
    let entry = try Drawings.entry(
      DrawnObject(
        .pods, ObjectName("models", "p"), metadata: ["name": "p"],
        spec: [
          "containers": [
            ["name": "kserve-container", "ports": [["containerPort": .number(port)]]]
          ]
        ]),
      [
        "status": [
          "podIP": "127.0.0.1", "conditions": [["type": "Ready", "status": "True"]],
        ]
      ])
    let pod = try #require(ServingPod(entry, of: .kserve))
    return (process, PodModel(pod: pod, name: "iris", takesLoopback: true), log)
  }

  /// Who speaks TLS or HTTP/2 there stands in front of the model, or it is another port: that is no word of the model's.
  @Test(.temporaryFolder, arguments: ["15030100020230", "000006040000000000000300000064", ""])
  func whatIsNoHTTPIsSilence(hex: String) async throws {
    let (process, model, _) = try Self.pod(saying: hex)
    defer { process.stop(SIGKILL) }
    try await eventually { isListening(on: model.pod.port) }
    let question = PodQuestion(
      request: SmokeRequest(body: "{}", expected: nil), model: model, timeout: .seconds(5))
    let outcome = await question.ask(by: HTTPClient())
    guard case .unanswered = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  /// A redirection is followed by no request, whatever its method.
  @Test(.temporaryFolder, arguments: ["GET", "POST"])
  func noRedirectionIsFollowed(method: String) async throws {
    let answer = "HTTP/1.1 302 Found\r\nLocation: /secrets\r\nContent-Length: 0\r\n\r\n"
    let hex = answer.utf8.map { String(format: "%02x", $0) }.joined()
    let (process, model, log) = try Self.pod(saying: hex)
    defer { process.stop(SIGKILL) }
    try await eventually { isListening(on: model.pod.port) }
    var request = try model.request()
    request.method = method
    #expect(try await model.answer(to: request, by: HTTPClient()).status == 302)
    let heard = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
    #expect(!heard.contains { $0.contains("secrets") } && heard.count >= 1)
  }
}
