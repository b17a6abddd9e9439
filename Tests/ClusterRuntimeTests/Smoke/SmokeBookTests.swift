import Encoding
import Kubernetes
import Manifests
import Rollouts
import Testing

@testable import ClusterRuntime

/// When the answers of its pods make a server ready.
@Suite struct SmokeBookTests {
  private static let server = SmokeBook.Server(
    deployment: Drawings.fraud, revision: Drawings.seven.id, uid: "u")

  private static func pod(_ uid: String, restarts: Int = 0) throws -> ServingPod {
    let entry = try Drawings.entry(
      DrawnObject(
        .pods, ObjectName("models", uid), metadata: ["name": .string(uid)],
        spec: ["containers": [["name": "server"]]]),
      [
        "metadata": ["uid": .string(uid)],
        "status": [
          "podIP": "10.0.0.1", "conditions": [["type": "Ready", "status": "True"]],
          "containerStatuses": [["name": "server", "restartCount": .number(restarts)]],
        ],
      ])
    return try #require(ServingPod(entry, of: .container(port: 8080)))
  }

  /// All pods have to be right, one wrong answer is enough to fail, and who has not answered is waited for.
  @Test(
    arguments: [
      ([], .preparing("0 of 1 pods are ready to be asked a smoke inference")),
      ([nil], .preparing("answering a smoke inference")),
      ([.right], .ready), ([.right, .right], .ready),
      ([.right, nil], .preparing("answering a smoke inference")),
      ([.unanswered("no route"), .right], .preparing("no route")),
      (
        [.unanswered("no route"), nil, .wrong("it answered 500")],
        .failed("answer a smoke inference: it answered 500")
      ),
    ] as [([SmokeBook.Outcome?], Readiness)])
  func answersMakeReady(outcomes: [SmokeBook.Outcome?], readiness: Readiness) throws {
    var book = SmokeBook()
    let pods = try outcomes.indices.map { try Self.pod("\($0)") }
    for (pod, outcome) in zip(pods, outcomes) {
      #expect(book.isOpen(pod.life, of: Self.server))
      guard let outcome else { continue }
      book.note(outcome, of: pod.life, among: pods, of: Self.server)
      let isFinal = outcome != .unanswered("no route")
      #expect(book.isOpen(pod.life, of: Self.server) == !isFinal)
    }
    #expect(book.readiness(of: Self.server, with: pods, wanted: 1) == readiness)
  }

  /// What a pod answered counts for as long as its server runs; a start anew is asked anew.
  @Test func aRestartIsAskedAnew() throws {
    var book = SmokeBook()
    let (before, after) = (try Self.pod("p"), try Self.pod("p", restarts: 1))
    book.note(.wrong("it answered 500"), of: before.life, among: [before], of: Self.server)
    #expect(book.isOpen(after.life, of: Self.server))
    book.note(.right, of: after.life, among: [after], of: Self.server)
    #expect(book.readiness(of: Self.server, with: [after], wanted: 1) == .ready)
    #expect(
      book.readiness(of: Self.server, with: [after], wanted: 2)
        == .preparing("1 of 2 pods are ready to be asked a smoke inference"))
    #expect(book.isOpen(before.life, of: Self.server), "what is gone is forgotten")
  }

  /// A server that is proven stays so, whatever pods come; one that is made anew has shown nothing.
  @Test func whatIsProvenStaysSo() throws {
    var book = SmokeBook()
    let (one, other) = (try Self.pod("1"), try Self.pod("2"))
    book.prove(Self.server)
    #expect(!book.isOpen(other.life, of: Self.server))
    book.note(.wrong("late"), of: one.life, among: [one, other], of: Self.server)
    #expect(book.readiness(of: Self.server, with: [one, other], wanted: 3) == .ready)
    let remade = SmokeBook.Server(
      deployment: Drawings.fraud, revision: Drawings.seven.id, uid: "v")
    #expect(!book.isProven(remade))
    book.keep([remade], of: Drawings.fraud)
    #expect(!book.isProven(Self.server))
    book.prove(Self.server)
    book.keep([], of: Drawings.iris)
    #expect(book.isProven(Self.server), "another deployment's are its own affair")
  }
}
