import Foundation
import HTTP
import TestKit
import Testing

/// The client against a real nginx on loopback.
@Suite struct HTTPTests {
  private let client = HTTPClient()

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func answersAreAnswersWhateverTheirStatus() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    let found = try await client.send(HTTPRequest(server.http + "/hello.txt"))
    #expect(found.status == 200)
    #expect(found.body == Array("hello\n".utf8))
    #expect(found.headers.contains { $0 == ("content-length", "6") })
    #expect(try await client.send(HTTPRequest(server.http + "/none")).status == 404)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func methodHeadersAndBodyAreSent() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    func answer(_ method: String, _ body: [UInt8]?) async throws -> String {
      var request = HTTPRequest(server.http + "/echo")
      request.method = method
      request.headers = [(name: "X-Word", value: "canary")]
      request.body = body
      return String(decoding: try await client.send(request).body, as: UTF8.self)
    }
    #expect(try await answer("GET", nil) == "GET canary ")
    #expect(try await answer("POST", Array("12345".utf8)) == "POST canary 5")
    #expect(try await answer("POST", nil) == "POST canary 0")
    #expect(try await answer("PUT", []) == "PUT canary 0")
    #expect(try await answer("DELETE", nil) == "DELETE canary ")
    #expect(try await answer("HEAD", nil) == "")
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func certificatesAreCheckedAgainstTheGivenAuthority() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    var request = HTTPRequest(server.https + "/hello.txt")
    let untrusted = await #expect(throws: HTTPError.self) { _ = try await client.send(request) }
    #expect(untrusted?.kind == .certificate)
    request.caFile = server.authority
    #expect(try await client.send(request).status == 200)
    request.caFile = "/nonexistent/ca.pem"
    let unreadable = await #expect(throws: HTTPError.self) { _ = try await client.send(request) }
    #expect(unreadable?.kind == .certificate)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func unixSocketsTakeThePlaceOfTheHost() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    var request = HTTPRequest("http://envoy/hello.txt")
    request.unixSocket = server.socket
    #expect(try await client.send(request).status == 200)
    request.unixSocket = "/nonexistent.sock"
    let error = await #expect(throws: HTTPError.self) { _ = try await client.send(request) }
    #expect(error?.kind == .connection)
  }

  @Test(.timeLimit(.minutes(5)))
  func refusedConnectionsAreNamedWithoutSecrets() async throws {
    let port = try freePort()
    let request = HTTPRequest("http://ada:hunter2@127.0.0.1:\(port)/path?token=hunter3")
    let error = await #expect(throws: HTTPError.self) { _ = try await client.send(request) }
    #expect(error?.kind == .connection)
    #expect(error?.isTimeout == false)
    #expect(error?.operation == "GET http://127.0.0.1:\(port)/path?…")
    #expect(error?.description.contains("hunter") == false)
  }

  @Test(.timeLimit(.minutes(5)))
  func proxyCredentialsDoNotShow() async throws {
    var request = HTTPRequest("http://127.0.0.1:1/")
    request.proxy = "nonsense://ada:hunter2@127.0.0.1:1"
    let error = await #expect(throws: HTTPError.self) { _ = try await client.send(request) }
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test(arguments: ["file:///etc/hostname", "ftp://127.0.0.1/", "", "http://", "http://a b/"])
  func onlyWebAddressesAreSpoken(url: String) async throws {
    await #expect(throws: HTTPError.self) { _ = try await client.send(HTTPRequest(url)) }
  }

  @Test(arguments: ["a\r\nX-Forged: 1", "a\n", "a\0b"])
  func headersCannotBeForged(value: String) async throws {
    var request = HTTPRequest("http://127.0.0.1:1/")
    request.headers = [(name: "X-Token", value: value)]
    let error = await #expect(throws: HTTPError.self) { _ = try await client.send(request) }
    #expect(error?.kind == .refused)
    #expect(error?.message == "the header \"X-Token\" has a line break")
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func redirectionsStayOnTheirHost() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    #expect(try await client.send(HTTPRequest(server.http + "/near")).status == 200)
    #expect(try await client.send(HTTPRequest(server.http + "/far")).status == 302)
    #expect(try await client.send(HTTPRequest(server.http + "/round")).status == 302)
    var request = HTTPRequest(server.http + "/near")
    request.method = "POST"
    #expect(try await client.send(request).status == 302)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func credentialsAreSent() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    func answer(_ change: (inout HTTPRequest) -> Void) async throws -> String {
      var request = HTTPRequest(server.http + "/secret")
      change(&request)
      return String(decoding: try await client.send(request).body, as: UTF8.self)
    }
    #expect(try await answer { $0.authorize(bearer: "t0ken") } == "Bearer t0ken")
    #expect(try await answer { $0.authorize(user: "ada", password: "ö:1") } == "Basic YWRhOsO2OjE=")
  }
}
