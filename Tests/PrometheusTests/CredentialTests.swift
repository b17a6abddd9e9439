import Control
import Foundation
import Logging
import Manifests
import TestKit
import Testing

@testable import Prometheus

/// A real Prometheus that tells nothing to a stranger: it wants a client's certificate, and a user with a password.
@Suite(.timeLimit(.minutes(3))) struct CredentialTests {
  /// Each of what a request has to carry counts: with all of it the server answers, here that it has no samples yet; a
  /// certificate that is missing or of somebody else is no connection, and a password that is wrong is said to be.
  @Test(.temporaryFolder) func passwordsAndCertificatesAreShown() async throws {
    let keys = try Keys(in: TemporaryFolder.current)
    let server = try PrometheusServer(
      scraping: try freePort(), every: "1s", guardedBy: keys.web, in: TemporaryFolder.current)
    let process = try await server.start()
    defer { process.stop() }
    func answer(_ change: (inout Keys) -> Void) async -> PrometheusError.Kind? {
      var changed = keys
      change(&changed)
      return await Self.error(changed.settings("https://127.0.0.1:\(server.port)"))?.kind
    }
    #expect(await answer { _ in } == .noSamples)
    #expect(await answer { $0.user = "ada" } == .credentials)
    #expect(await answer { $0.passwordFile = $0.wrongPasswordFile } == .credentials)
    #expect(await answer { $0.certificate = nil } == .unreachable)
    #expect(await answer { $0.certificate = $0.stranger } == .unreachable)
    #expect(await answer { $0.caFile = nil } == .unreachable)
  }

  /// A file that is not there is named, and nothing is asked without it.
  @Test(.temporaryFolder, arguments: ["client.pem", "client.key", "password"])
  func filesThatAreGoneAreNamed(file: String) async throws {
    let keys = try Keys(in: TemporaryFolder.current)
    try FileManager.default.removeItem(at: TemporaryFolder.current.appending(path: file))
    let error = await Self.error(keys.settings("https://127.0.0.1:1"))
    #expect(error?.kind == .credentials && error?.message.contains(file) == true)
  }

  private static func error(_ settings: PrometheusSettings) async -> PrometheusError? {
    let telemetry = PrometheusTelemetry(
      settings, clock: SystemClock(), logger: Logger(label: "test"))
    do {
      _ = try await telemetry.counters(of: [subject()])
      return nil
    } catch { return error as? PrometheusError }
  }

  /// What a client shows, and what a server is told of it.
  private struct Keys {
    var user = "serin"
    var passwordFile: String
    var certificate: PrometheusSettings.Certificate?
    var caFile: String?
    let wrongPasswordFile: String
    /// The certificate of another authority.
    let stranger: PrometheusSettings.Certificate
    /// Prometheus' file of who may ask.
    let web: String

    /// The password "secret" by bcrypt, with the fewest rounds that it has.
    private static let hash = "$2b$04$eU1bMIevlLBjh.hwwPUlReVOVoaaehfskNL5DLEpF.UKUVeTTcSqm"

    init(in folder: URL) throws {
      func write(_ text: String, _ name: String) throws -> String {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
      }
      let certificates = try Certificates(in: folder)
      let other = folder.appending(path: "other")
      try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
      certificate = Self.client(try certificates.makeClient("client"))
      stranger = Self.client(try Certificates(in: other).makeClient("client"))
      caFile = certificates.authority.path
      passwordFile = try write("secret\n", "password")
      wrongPasswordFile = try write("guess\n", "wrong")
      web = """
        basic_auth_users: {serin: "\(Self.hash)"}
        tls_server_config:
          cert_file: \(certificates.certificate.path)
          key_file: \(certificates.key.path)
          client_auth_type: RequireAndVerifyClientCert
          client_ca_file: \(certificates.authority.path)
        """
    }

    private static func client(
      _ files: (certificate: URL, key: URL)
    ) -> PrometheusSettings.Certificate {
      PrometheusSettings.Certificate(file: files.certificate.path, keyFile: files.key.path)
    }

    func settings(_ url: String) -> PrometheusSettings {
      PrometheusSettings(
        url: url, credentials: .basic(user: user, passwordFile: passwordFile),
        certificate: certificate, caFile: caFile, metrics: .plain)
    }
  }
}
