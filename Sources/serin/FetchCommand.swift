import ArgumentParser
import Foundation
import LocalRuntime
import Manifests

struct FetchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Fetch a model artifact into a folder, and verify it.",
    discussion: """
      It runs before a model server in its pod. A file gets its place in the folder; of a folder, everything that it \
      holds does. What is not there yet is asked for again and again; what has another digest never gets there, and the \
      exit code is 65.
      """)

  @Option(help: ArgumentHelp("Where it is: file or https.", valueName: "uri")) var uri: String
  @Option(
    help: ArgumentHelp(
      "What it must be: sha256:… as serin digest prints it. Default: anything.", valueName: "digest"
    ))
  var digest: String?
  @Option(help: ArgumentHelp("A folder that is there.", valueName: "dir")) var into: String
  @Option(
    help: ArgumentHelp("How long to ask for what is not there.", valueName: "duration"))
  var within = DurationArgument(.seconds(600))
  @Option(
    help: ArgumentHelp(
      "A host that it may come from; may be repeated. Default: any with a public address.",
      valueName: "host"))
  var allowHost: [String] = []
  @Option(
    help: ArgumentHelp(
      "A folder below which files are artifacts; may be repeated. Default: none.", valueName: "dir")
  )
  var allowFolder: [String] = []
  @Option(
    help: ArgumentHelp(
      "The certificates to trust instead of the system's.", valueName: "file"))
  var caFile: String?
  @Option(
    help: ArgumentHelp(
      "What hosts ask of a client, in netrc's form. Default: the file that NETRC names, or none.",
      valueName: "file"))
  var netrcFile: String?
  @OptionGroup var log: LogOptions

  func run() async throws {
    let settings = LocalSettings(
      allowedHosts: allowHost, allowedFolders: allowFolder, caFile: caFile)
    let errand = ArtifactErrand(
      uri: uri, digest: digest, into: into, settings: settings,
      netrcFile: netrcFile
        ?? ProcessInfo.processInfo.environment["NETRC"].flatMap { $0.isEmpty ? nil : $0 },
      logger: try log.logger())
    do {
      print(try await errand.run(within: within.duration))
    } catch let error as LocalRuntimeError {
      throw Failure(error.fetchKind, error.reason)
    }
  }
}

extension LocalRuntimeError {
  /// What a pod's owner learns from the exit code: whether asking again may help.
  fileprivate var fetchKind: Failure.Kind {
    switch kind {
    case .artifact, .refused: .wrongData
    default: .unavailable
    }
  }
}
