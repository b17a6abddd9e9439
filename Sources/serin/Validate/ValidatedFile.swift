import Foundation
import LocalRuntime
import Manifests
import Rollouts
import Simulation

/// One file that was checked, manifest or configuration.
struct ValidatedFile {
  let path: String
  let bytes: [UInt8]
  let holdsProfile: Bool
  private let file: ManifestFile
  private let tree: ManifestTree
  private(set) var diagnostics: [Diagnostic]
  /// How many digests were compared with what they are of.
  private(set) var comparedDigests = 0

  var deployments: Int { file.deployments.count }
  var errors: Int { diagnostics.count { $0.severity == .error } }

  init(_ path: String) throws {
    self.path = path
    bytes = Array(try Data(given: path))
    tree = ManifestTree(around: path)
    file = tree.decode(bytes, path: path)
    holdsProfile = file.holdsProfile
    diagnostics =
      file.holdsController ? decodeController(bytes, path: path).diagnostics : file.diagnostics
    if let refusal = PathSpelling.refusal(of: tree.path(of: path), shownAs: path) {
      diagnostics.append(refusal)
    }
  }

  /// Refuses what the operator's rules do not let be declared here.
  ///
  /// Who signed a change is known from the history alone, and how much there is from all files.
  mutating func apply(_ rules: NamespaceRules) {
    for (name, position) in file.declarations {
      let refusal = rules.refusal(of: name, at: tree.path(of: path), shownAs: path, position)
      if let refusal { diagnostics.append(refusal) }
    }
    diagnostics += file.deployments.compactMap { rules.formatRefusal(of: $0, at: path) }
  }

  /// A name and where it is declared; names are unique in a repository.
  struct Declaration: Hashable {
    let tree: ManifestTree
    let name: DeploymentName
  }

  var declarations: [(key: Declaration, position: TextPosition)] {
    file.declarations.map { (Declaration(tree: tree, name: $0.name), $0.position) }
  }

  /// Refuses a name that another file has.
  mutating func refuse(_ key: Declaration, at position: TextPosition, declaredAt other: String) {
    add(
      .error, at: position, "\(key.name) is declared at \(other), too",
      hint: "give it another name, or remove one of the two")
  }

  /// Warns of profiles that a controller of the given folders alone would not find.
  mutating func warnOfProfiles(outside folders: [String]) {
    for (profile, position) in file.profiles.sorted(by: { $0.value < $1.value }) {
      let path = tree.file(profile)
      let isWrong = diagnostics.contains { $0.position == position && $0.severity == .error }
      guard !isWrong, !folders.contains(where: { path.hasPrefix($0 + "/") }) else { continue }
      add(
        .warning, at: position, "\(profile) is outside of the folder that was given",
        hint: "a controller that watches this folder alone does not find it")
    }
  }

  /// Its deployments, to be compared with those of other files.
  var declared: [AliasWarnings.Declared] {
    file.deployments.map { .init(deployment: $0.deployment, path: path, line: $0.line) }
  }

  mutating func note(_ aliases: AliasWarnings) { diagnostics += aliases[path] }

  /// Its deployments, as members of groups that other files have members of, too.
  var groupMembers: [GroupRules.Member] {
    file.deployments.map { .init(deployment: $0.deployment, path: path, position: $0.group) }
  }

  mutating func note(_ groups: GroupRules) {
    diagnostics += groups.diagnostics.filter { $0.path == path }
  }

  /// Compares digests with the artifacts on this machine, as the runtime does before it loads one.
  mutating func compareDigests() {
    for declared in file.deployments {
      let (deployment, position) = (declared.deployment, declared.digest)
      let model = deployment.revision.model
      guard let position, let written = model.digest else { continue }
      do throws(LocalRuntimeError) {
        guard let digest = try ArtifactDigest.digest(ofFileAt: model.uri) else {
          add(
            .note, at: position,
            "not compared: an artifact of \(model.uri.prefix { $0 != ":" }) is not on this machine")
          continue
        }
        comparedDigests += 1
        guard digest != written else { continue }
        add(
          .error, at: position, "the artifact has another digest: \(digest)",
          hint: "correct the digest or the artifact; the controller refuses to load it")
      } catch {
        add(.error, at: position, error.reason)
      }
    }
  }

  /// Warns of what the rollouts of the file's deployments would not notice.
  mutating func warnOfNoData(at rate: Double) async throws {
    for declared in file.deployments {
      let (deployment, line) = (declared.deployment, declared.line)
      let rate = try TrafficOptions.rate(rate, for: deployment)
      let findings = await Detectability.study(deployment, requestsPerSecond: rate)
      let gate = await GateStudy.study(deployment, requestsPerSecond: rate)
      for warning in findings.warnings(and: gate, requestsPerSecond: rate) {
        add(
          .warning, at: TextPosition(line: line, column: 1), warning,
          hint: "serin plan shows what would be noticed")
      }
    }
  }

  private mutating func add(
    _ severity: Diagnostic.Severity, at position: TextPosition, _ message: String,
    hint: String? = nil
  ) {
    diagnostics.append(
      Diagnostic(severity, path: path, position: position, message: message, hint: hint))
  }
}
