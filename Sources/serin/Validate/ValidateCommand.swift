import ArgumentParser
import Foundation
import Manifests

struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check manifests without touching anything.",
    discussion: """
      Folders are searched for .yaml and .yml files. Profiles are looked for as the controller does: \
      in the repository, git's work tree around a file. Names must be unique in all files that are \
      given. Exit code 1 when any is wrong. With --requests-per-second it also warns of regressions \
      that a rollout would not notice.
      """)

  @Argument(help: "Files or folders.") var paths: [String]
  @Option(help: "Requests of all clients of a deployment together.")
  var requestsPerSecond: Double?
  @Flag(help: "Compare the digests of artifacts on this machine with what they are of.")
  var digests = false
  @Option(
    help: ArgumentHelp(
      "A Controller file: which namespaces may be declared where.", valueName: "file"))
  var config: String?
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func run() async throws {
    let rules = try config.map(ControllerOptions.read)?.namespaces ?? NamespaceRules()
    var files = try Self.manifests(of: paths).map(ValidatedFile.init)
    for index in files.indices { files[index].apply(rules) }
    Self.refuseRepetition(&files)
    let folders = paths.map(ManifestTree.real).filter(ManifestTree.isFolder)
    for index in files.indices {
      let isInFolder = folders.contains {
        ManifestTree.real(files[index].path).hasPrefix($0 + "/")
      }
      if isInFolder { files[index].warnOfProfiles(outside: folders) }
      if digests { files[index].compareDigests() }
      if let requestsPerSecond { try await files[index].warnOfNoData(at: requestsPerSecond) }
    }
    let aliases = AliasWarnings(among: files.flatMap(\.declared))
    let groups = GroupRules(files.flatMap(\.groupMembers))
    for index in files.indices {
      files[index].note(aliases)
      files[index].note(groups)
    }
    switch output {
    case .text: show(files)
    case .json: try printJSON(files.flatMap(\.diagnostics))
    }
    if files.contains(where: { $0.errors > 0 }) { throw ExitCode(Failure.Kind.user.rawValue) }
  }

  /// Refuses names that an earlier file has; within a file its decoder does.
  private static func refuseRepetition(_ files: inout [ValidatedFile]) {
    var places: [ValidatedFile.Declaration: (file: Int, place: String)] = [:]
    for index in files.indices {
      for (key, position) in files[index].declarations {
        if let first = places[key], first.file != index {
          files[index].refuse(key, at: position, declaredAt: first.place)
        }
        places[key] = places[key] ?? (index, "\(files[index].path):\(position.line)")
      }
    }
  }

  private func show(_ files: [ValidatedFile]) {
    for file in files {
      for diagnostic in file.diagnostics { print(diagnostic.rendered(over: file.bytes) + "\n") }
    }
    let errors = files.map(\.errors).reduce(0, +)
    let wrong = files.count { $0.errors > 0 }
    let checked = summary(of: files)
    print(
      errors == 0
        ? "\(checked): all good" : "\(checked): \(errors.of("error")) in \(wrong.of("file"))")
  }

  /// "3 files, 1 deployment, 1 profile": deployments always, unless there are profiles alone.
  private func summary(of files: [ValidatedFile]) -> String {
    let deployments = files.map(\.deployments).reduce(0, +)
    let profiles = files.count(where: \.holdsProfile)
    let kinds = [(deployments, "deployment"), (profiles, "profile")].filter { $0.0 > 0 }
    var counted = kinds.isEmpty ? [(0, "deployment")] : kinds
    if digests { counted.append((files.map(\.comparedDigests).reduce(0, +), "compared digest")) }
    return ([(files.count, "file")] + counted).map { $0.of($1) }.joined(separator: ", ")
  }

  /// Returns the manifests below some paths, in order and each once; a path that is named is checked
  /// whatever its name.
  private static func manifests(of paths: [String]) throws -> [String] {
    var seen: Set<String> = []
    return try paths.flatMap(manifests).filter { seen.insert(ManifestTree.real($0)).inserted }
  }

  private static func manifests(below path: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(.user, "\(path): no such file or folder")
    }
    guard ManifestTree.isFolder(path) else { return [path] }
    let found = try FileManager.default.subpathsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
    return found.map { "\(path)/\($0)" }
  }
}

extension Int {
  /// "1 file", "2 files".
  func of(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
