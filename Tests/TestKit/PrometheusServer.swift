package import Foundation
import HTTP

/// A Prometheus of a test's own, which scrapes on loopback.
package final class PrometheusServer: Sendable {
  package let port: Int
  private let command: [String]
  private let folder: URL
  private let isGuarded: Bool

  package var url: String { "http://127.0.0.1:\(port)" }

  /// Writes what Prometheus is told; nothing runs yet.
  ///
  /// - Parameters:
  ///   - target: The port of the exporter.
  ///   - path: Where it shows what it counts.
  ///   - interval: How often it is asked, as Prometheus writes it.
  ///   - web: Who may ask, as Prometheus' file for that says; nil for everybody.
  ///   - folder: The place of the samples, which a later start finds again.
  /// - Throws: An error when the file cannot be written.
  package convenience init(
    scraping target: Int, at path: String = "/metrics", every interval: String,
    guardedBy web: String? = nil, in folder: URL
  ) throws {
    try self.init(
      job: """
        - job_name: pods
          metrics_path: \(path)
          static_configs: [{targets: ["127.0.0.1:\(target)"]}]
        """, every: interval, guardedBy: web, in: folder)
  }

  /// Writes what Prometheus is told; it scrapes what a file names, as that is changed: Debian's knows no clusters.
  package convenience init(
    scrapingTargetsOf file: URL, every interval: String, in folder: URL
  ) throws {
    try self.init(
      job: """
        - job_name: pods
          file_sd_configs: [{files: ["\(file.path)"]}]
        """, every: interval, guardedBy: nil, in: folder)
  }

  private init(job: String, every interval: String, guardedBy web: String?, in folder: URL) throws {
    (self.folder, port, isGuarded) = (folder, try freePort(), web != nil)
    let configuration = """
      global: {scrape_interval: \(interval), scrape_timeout: \(interval)}
      scrape_configs:
      \(job)
      """
    let file = folder.appending(path: "prometheus.yml")
    try Data(configuration.utf8).write(to: file)
    let guarding = folder.appending(path: "web.yml")
    if let web { try Data(web.utf8).write(to: guarding) }
    command =
      [
        "prometheus", "--config.file=\(file.path)",
        "--storage.tsdb.path=\(folder.appending(path: "prometheus").path)",
        "--web.listen-address=127.0.0.1:\(port)",
      ] + (web == nil ? [] : ["--web.config.file=\(guarding.path)"])
  }

  /// Starts it and waits until it has scraped once, which may be five seconds later; the caller stops it.
  ///
  /// One that does not tell everybody is waited for until it listens.
  package func start() async throws -> BackgroundProcess {
    let process = try BackgroundProcess(
      command, in: folder, output: folder.appending(path: "prometheus.out"))
    do {
      try await eventually { await hasScraped() }
    } catch {
      process.stop(SIGKILL)
      throw error
    }
    return process
  }

  private func hasScraped() async -> Bool {
    guard isListening(on: port) else { return false }
    if isGuarded { return true }
    let answer = try? await HTTPClient().send(HTTPRequest("\(url)/api/v1/query?query=up"))
    return String(decoding: answer?.body ?? [], as: UTF8.self).contains(#""up""#)
  }
}
