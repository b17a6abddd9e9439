import Console
import Control
import Crypto
import TestKit
import Testing

/// Who may say that the manifests have changed, and that it does no more than make somebody look.
@Suite struct WebhookTests {
  private static let body = Array(#"{"ref":"refs/heads/main"}"#.utf8)

  private static func signature(_ body: [UInt8], _ secret: String = Stage.secret) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: body, using: SymmetricKey(data: Array(secret.utf8)))
    return "sha256="
      + code.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
  }

  /// GitHub's own example, so that both sides of this test cannot be wrong in the same way.
  @Test func signatureIsThatOfTheDocumentation() {
    #expect(
      Self.signature(Array("Hello, World!".utf8), "It's a Secret to Everybody")
        == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
  }

  @Test func signedNewsRing() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/webhooks/git", ["X-Hub-Signature-256": Self.signature(Self.body)],
        body: Self.body)
      #expect(answer.status == 202)
    }
    #expect(await stage.refresh.take())
  }

  @Test func tokenRings() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/webhooks/git", ["X-Gitlab-Token": Stage.secret], body: Self.body)
      #expect(answer.status == 202)
    }
    #expect(await stage.refresh.take())
  }

  @Test(
    arguments: [
      [:], ["X-Hub-Signature-256": ""], ["X-Hub-Signature-256": "sha256="],
      ["X-Hub-Signature-256": signature(body, "another secret")],
      ["X-Hub-Signature-256": signature(body + [10])],
      ["X-Hub-Signature-256": String(signature(body).dropLast())],
      ["X-Hub-Signature-256": signature(body) + "00"],
      ["X-Hub-Signature-256": "sha1=" + signature(body).dropFirst(7)],
      ["X-Hub-Signature-256": "sha256=\(String(repeating: "zz", count: 32))"],
      ["X-Gitlab-Token": ""], ["X-Gitlab-Token": Stage.secret + "x"],
      ["X-Gitlab-Token": String(Stage.secret.dropLast())],
      ["X-Hub-Signature-256": signature(body, "another"), "X-Gitlab-Token": Stage.secret],
    ])
  func forgedNewsDoNot(fields: [String: String]) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/webhooks/git", fields, body: Self.body)
      #expect(answer.status == 403)
      #expect(!answer.body.contains(Stage.secret))
    }
    #expect(await !stage.refresh.take())
  }

  /// The same news again ask for no more than one look.
  @Test func replayRingsOnce() async throws {
    let stage = Stage()
    try await stage.serving { port in
      for _ in 0..<5 {
        let answer = try await Client.ask(
          port, "POST", "/v1/webhooks/git", ["X-Hub-Signature-256": Self.signature(Self.body)],
          body: Self.body)
        #expect(answer.status == 202)
      }
    }
    #expect(await stage.refresh.take())
    #expect(await !stage.refresh.take())
  }

  @Test func shortSecretIsNone() {
    #expect(Webhook(secret: "fifteen letters".utf8, refresh: RefreshTrigger()) == nil)
    #expect(Webhook(secret: "sixteen letters!".utf8, refresh: RefreshTrigger()) != nil)
  }

  @Test func secretIsNotShown() throws {
    let webhook = try #require(Webhook(secret: Stage.secret.utf8, refresh: RefreshTrigger()))
    var text = "\(webhook)"
    dump(webhook, to: &text)
    #expect(!text.contains(Stage.secret))
  }

  /// Nothing that is not configured exists.
  @Test(arguments: ["/v1/events", "/v1/feedback", "/v1/webhooks/git"])
  func routesWithoutAnythingBehindThemDoNotExist(path: String) async throws {
    let console = Console(
      host: "127.0.0.1", port: 0, ports: ConsolePorts(report: { Stage.report() }),
      logger: Stage().log.logger)
    try await console.serving { port in
      let (missing, present) = (
        try await Client.ask(port, "POST", path, body: Self.body),
        try await Client.ask(port, "GET", "/healthz")
      )
      #expect(missing.status == 404 && present.status == 200)
    }
  }
}
