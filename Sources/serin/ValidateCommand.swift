import ArgumentParser
import Foundation
import Manifests
import Rollouts
import Simulation

struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check manifests without touching anything.",
    discussion: """
      Folders are searched for .yaml and .yml files. Exit code 1 when any is wrong. With \
      --requests-per-second it also warns of regressions that a rollout would not notice.
      """)

  @Argument(help: "Files or folders.") var paths: [String]
  @Option(help: "Requests of all clients of a deployment together.")
  var requestsPerSecond: Double?
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func run() async throws {
    var files = try paths.flatMap(Self.manifests).map { path in
      ValidatedFile(path, bytes: Array(try Data(contentsOf: URL(filePath: path))))
    }
    if let requestsPerSecond {
      for index in files.indices { try await files[index].warnOfBlindness(at: requestsPerSecond) }
    }
    switch output {
    case .text: show(files)
    case .json: try printJSON(files.flatMap(\.diagnostics))
    }
    if files.contains(where: { $0.errors > 0 }) { throw ExitCode(Failure.Kind.user.rawValue) }
  }

  private func show(_ files: [ValidatedFile]) {
    for file in files {
      for diagnostic in file.diagnostics { print(diagnostic.rendered(over: file.bytes) + "\n") }
    }
    let errors = files.map(\.errors).reduce(0, +)
    let wrong = files.count { $0.errors > 0 }
    let checked = Self.summary(of: files)
    print(
      errors == 0
        ? "\(checked): all good" : "\(checked): \(errors.of("error")) in \(wrong.of("file"))")
  }

  /// "3 files, 1 deployment, 1 profile": deployments always, unless there are profiles alone.
  private static func summary(of files: [ValidatedFile]) -> String {
    let deployments = files.map(\.deployments.count).reduce(0, +)
    let profiles = files.count(where: \.holdsProfile)
    let kinds = [(deployments, "deployment"), (profiles, "profile")].filter { $0.0 > 0 }
    let counted = kinds.isEmpty ? [(0, "deployment")] : kinds
    return ([(files.count, "file")] + counted).map { $0.of($1) }.joined(separator: ", ")
  }

  /// Returns the manifests below a path, in order; a path that is named is checked whatever its name.
  private static func manifests(below path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Failure(.user, "\(path): no such file or folder")
    }
    guard isFolder.boolValue else { return [path] }
    let found = try FileManager.default.subpathsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    return found.map { "\(path)/\($0)" }
  }
}

/// One file that was checked, manifest or configuration.
private struct ValidatedFile {
  let path: String
  let bytes: [UInt8]
  let deployments: [(deployment: Deployment, line: Int)]
  let holdsProfile: Bool
  private(set) var diagnostics: [Diagnostic]

  var errors: Int { diagnostics.count { $0.severity == .error } }

  init(_ path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
    let file = decodeManifests(bytes, path: path, profile: ProfileFiles.lookup)
    deployments = file.deployments
    holdsProfile = file.holdsProfile
    diagnostics =
      file.holdsController ? decodeController(bytes, path: path).diagnostics : file.diagnostics
  }

  /// Warns of what the rollouts of the file's deployments would not notice.
  mutating func warnOfBlindness(at rate: Double) async throws {
    for (deployment, line) in deployments {
      let rate = try TrafficOptions.rate(rate, for: deployment)
      let findings = await Detectability.study(deployment, requestsPerSecond: rate)
      let gate = await GateStudy.study(deployment, requestsPerSecond: rate)
      let warnings =
        findings.warnings(requestsPerSecond: rate)
        + [gate?.warning(requestsPerSecond: rate)].compactMap(\.self)
      diagnostics += warnings.map {
        Diagnostic(
          .warning, path: path, position: Position(line: line, column: 1), message: $0,
          hint: "serin plan shows what would be noticed")
      }
    }
  }
}

extension Int {
  /// "1 file", "2 files".
  func of(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
