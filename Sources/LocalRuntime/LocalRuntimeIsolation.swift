import Foundation
import Logging
import Manifests

// What models are kept from: found out once for each life, since no server may depend on when it was started.
extension LocalRuntime {
  /// Finds out what the machine gives, and says so.
  ///
  /// - Throws: `LocalRuntimeError` that says what is missing, when all of it is required.
  func isolation() async throws -> Isolation {
    let settings = setup.local.isolation
    let search = IsolationSearch(
      settings: settings, folder: folder.logs, socket: try folder.trialSocket(),
      path: ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      bubblewrap: setup.bubblewrap, relay: relay)
    let isolation = try await search.find()
    try isolation.enforce(settings.mode)
    isolation.announce(settings.mode, logger)
    return isolation
  }

  /// The folders of which models see nothing but what they serve.
  var hidden: [String] {
    setup.hidden.isEmpty ? folder.roots : setup.hidden.map { RuntimeFolder($0).path }
  }

  /// What looks into pickles; nil where nothing does.
  func scanner(_ services: Services) -> PickleScanner? {
    guard setup.local.unsafePickles != .ignore, let command = services.tools.picklescan else {
      return nil
    }
    return PickleScanner(
      command: command, sandbox: services.isolation.sandbox, hidden: hidden)
  }

  /// What looks into the pickles that jobs will read; nil where nothing does.
  var scannerForJobs: PickleScanner? { get throws { scanner(try running()) } }

  /// Says once that pickles are not looked into, although they should be.
  func announceScan(_ tools: Tools) {
    guard setup.local.unsafePickles != .ignore, tools.picklescan == nil else { return }
    logger.warning(
      "pickles are not looked into: picklescan is missing",
      metadata: ["to-install-it": "pip install picklescan, beside the Python of the servers"])
  }

  private var relay: String? {
    let beside = Files.target(ofLink: "/proc/self/exe").map { Tools.folder(of: $0) }
    let path = setup.relay ?? beside.map { $0 + "/serin-relay" }
    return path.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil }
  }
}
