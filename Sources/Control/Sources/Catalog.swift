package import Ledger
package import Manifests
package import Rollouts

/// What one commit asks for, every file judged on its own.
package struct Snapshot: Equatable, Sendable {
  /// A manifest in force, and where it stands.
  package struct Wanted: Equatable, Sendable {
    package let deployment: Deployment
    package let path: String
    package let blob: String
    /// The path of the profile that it names.
    let profile: String?
  }

  package let tip: Tip
  package let wanted: [DeploymentName: Wanted]
  /// Deployments whose file is wrong now: their last good version stays in force.
  package let unchanged: Set<DeploymentName>
  package let diagnostics: [Diagnostic]
  /// Who asked for what is wanted, and for what is not wanted any more.
  package var changes: [DeploymentName: SourceChanges] = [:]

  /// A commit that says that a mass removal is meant carries this trailer.
  package static let confirmation = "Serin-Confirm: removal"

  package var confirmsRemoval: Bool { Self.confirmsRemoval(tip.message) }

  /// Whether the message of a commit says that a mass removal is meant.
  package static func confirmsRemoval(_ message: String) -> Bool {
    message.split(separator: "\n").contains { $0 == confirmation }
  }
}

/// Reads commits into snapshots, and only those blobs that it has not read before.
package struct Catalog: Sendable {
  /// A file, and what its meaning rests on: its own blob, and those of the profiles that it names.
  private struct ReadFile {
    let file: ManifestFile
    let blob: String
    let profiles: [String: String]

    init(_ file: ManifestFile, _ blob: String, among blobs: [TreePath: String]) {
      self.file = file
      self.blob = blob
      profiles = Self.named(by: file, among: blobs)
    }

    func isSame(_ blob: String, among blobs: [TreePath: String]) -> Bool {
      self.blob == blob && profiles == Self.named(by: file, among: blobs)
    }

    private static func named(
      by file: ManifestFile, among blobs: [TreePath: String]
    ) -> [String: String] {
      Dictionary(
        uniqueKeysWithValues: file.profiles.keys.compactMap { path in
          blobs[TreePath(path)].map { (path, $0) }
        })
    }
  }

  private var files: [TreePath: ReadFile] = [:]
  private var ownership = Ownership()

  /// The names of the runtimes that the operator configured; the first is that of deployments that
  /// name none.
  private let runtimes: [String]

  package init(runtimes: [String]) {
    precondition(!runtimes.isEmpty, "a controller needs a runtime")
    self.runtimes = runtimes
  }

  /// Remembers where a deployment came from before this process started, so that a file which is
  /// wrong by now is not taken for a removal, and its copy not for the file.
  package mutating func remember(_ deployment: DeploymentName, from path: String) {
    ownership.remember(deployment, from: TreePath(path))
  }

  /// Reads what is new at `tip`; `homes` are the runtimes of the deployments that have something there.
  package mutating func snapshot(
    of tip: Tip, entries: [TreeEntry], servedBy homes: [DeploymentName: String] = [:],
    read: (String) async throws -> [UInt8]
  ) async throws -> Snapshot {
    var current: [TreePath: ReadFile] = [:]
    var diagnostics: [Diagnostic] = []
    var wrong: Set<TreePath> = []
    let manifests = entries.filter(\.isManifest)
    let refusals = refusals(of: manifests)
    let readable = manifests.filter { refusals[TreePath($0.path)] == nil }
    let blobs = Dictionary(readable.map { (TreePath($0.path), $0.blob) }) { $1 }
    for entry in manifests {
      if let refusal = refusals[TreePath(entry.path)] {
        diagnostics.append(refusal)
        wrong.insert(TreePath(entry.path))
        continue
      }
      let path = TreePath(entry.path)
      if let known = files[path], known.isSame(entry.blob, among: blobs) {
        current[path] = known
      } else {
        try Task.checkCancellation()
        let file = try await decode(entry, blobs, read)
        current[path] = ReadFile(file, entry.blob, among: blobs)
      }
    }
    files = current
    return assemble(tip, wrong: wrong, diagnostics, homes)
  }

  /// Why entries are not read at all; a path that a tree holds twice is neither of the two.
  private func refusals(of entries: [TreeEntry]) -> [TreePath: Diagnostic] {
    var (refusals, seen): ([TreePath: Diagnostic], Set<TreePath>) = ([:], [])
    for entry in entries {
      let path = TreePath(entry.path)
      let isNew = seen.insert(path).inserted
      if let refusal = isNew ? entry.refusal : .repeated(entry.path) { refusals[path] = refusal }
    }
    return refusals
  }

  private func decode(
    _ entry: TreeEntry, _ blobs: [TreePath: String], _ read: (String) async throws -> [UInt8]
  ) async throws -> ManifestFile {
    let bytes = try await read(entry.blob)
    let first = decodeManifests(bytes, path: entry.path)
    guard !first.profiles.isEmpty else { return first }
    var found: [String: ProfileLookup] = [:]
    for path in first.profiles.keys {
      guard let blob = blobs[TreePath(path)] else { continue }
      found[path] = ProfileLookup(try await read(blob), path: path)
    }
    return decodeManifests(bytes, path: entry.path) { found[$0] ?? .missing }
  }

  private mutating func assemble(
    _ tip: Tip, wrong: Set<TreePath>, _ refusals: [Diagnostic], _ homes: [DeploymentName: String]
  ) -> Snapshot {
    var claims = Ownership.Claims()
    claims.wrongFiles = wrong
    var diagnostics = refusals
    var declared: [DeploymentName: [TreePath: Snapshot.Wanted]] = [:]
    let before = ownership.firstNames
    for (path, read) in files.sorted(by: { $0.key < $1.key }) {
      diagnostics += judge(read.file, at: path, whichHad: before[path], &claims)
      for item in read.file.deployments {
        let (name, runtime) = (item.deployment.name, item.deployment.runtime ?? runtimes[0])
        if let refusal = refusal(of: runtime, for: item, at: path.text, servedBy: homes[name]) {
          diagnostics.append(refusal)
          claims.wrong[name, default: []].insert(path)
          continue
        }
        claims.right[name, default: []].insert(path)
        var deployment = item.deployment
        deployment.runtime = runtime
        declared[name, default: [:]][path] = Snapshot.Wanted(
          deployment: deployment, path: path.text, blob: read.blob, profile: item.profile)
      }
    }
    ownership.settle(claims)
    return snapshot(of: tip, claims, declared, diagnostics)
  }

  /// Notes what is wrong with a file; returns what there is to say about it.
  private func judge(
    _ file: ManifestFile, at path: TreePath, whichHad name: DeploymentName?,
    _ claims: inout Ownership.Claims
  ) -> [Diagnostic] {
    var diagnostics = file.diagnostics
    if file.isForeign, let name {
      diagnostics.append(.lost(name, at: path.text))
      claims.wrongFiles.insert(path)
    }
    if file.hasErrors {
      claims.wrongFiles.insert(path)
      for name in file.names { claims.wrong[name, default: []].insert(path) }
    }
    return diagnostics
  }

  /// Returns what the owners of the names ask for; everybody else is told whose the name is.
  private func snapshot(
    of tip: Tip, _ claims: Ownership.Claims,
    _ declared: [DeploymentName: [TreePath: Snapshot.Wanted]], _ diagnostics: [Diagnostic]
  ) -> Snapshot {
    var diagnostics = diagnostics
    var wanted: [DeploymentName: Snapshot.Wanted] = [:]
    for (name, claimants) in declared.sorted(by: { $0.key < $1.key }) {
      guard let owner = ownership.holder(of: name) else { continue }
      wanted[name] = claimants[owner]
      for path in claimants.keys.sorted() where path != owner {
        diagnostics.append(
          wanted[name] == nil
            ? .held(name, at: path.text, by: PathSpelling.shown(owner.text))
            : .duplicate(of: name, at: path.text, first: PathSpelling.shown(owner.text)))
      }
    }
    let unchanged = ownership.held(claims).union(claims.wrong.keys).subtracting(wanted.keys)
    return Snapshot(tip: tip, wanted: wanted, unchanged: unchanged, diagnostics: diagnostics)
  }

  /// Returns why a deployment cannot be served where its manifest asks for: there is no such runtime, or
  /// another one has it.
  private func refusal(
    of runtime: String, for declared: DeclaredDeployment, at path: String, servedBy home: String?
  ) -> Diagnostic? {
    let (name, place) = (declared.deployment.name, declared.runtime)
    guard runtimes.contains(runtime) else {
      return .unknownRuntime(runtime, of: name, at: path, place, among: runtimes)
    }
    guard let home, home != runtime else { return nil }
    return .moved(name, from: home, to: runtime, at: path, place)
  }
}

extension TreeEntry {
  /// Whether the entry is for us: what would be a manifest but for its spelling is refused, and not
  /// passed over.
  var isManifest: Bool {
    if kind == .submodule || Self.isManifest(path) { return true }
    let plain = String(decoding: path.utf8.filter { $0 < 0x80 }, as: UTF8.self)
    return Self.isManifest(plain) && PathSpelling.problem(of: path) != nil
  }

  private static func isManifest(_ path: String) -> Bool {
    path.hasSuffix(".yaml") || path.hasSuffix(".yml")
  }

  /// Why the entry is not read at all.
  var refusal: Diagnostic? {
    if let problem = PathSpelling.problem(of: path) { return .misspelt(path, problem) }
    return switch kind {
    case .symbolicLink:
      .onWholeFile(path, "a symbolic link is not followed", hint: "commit the file itself")
    case .submodule:
      .onWholeFile(path, "a submodule is not read", hint: "keep manifests in this repository")
    case .file where size > Documents.largestFile:
      .onWholeFile(
        path, "\(size) bytes are more than a manifest may have (\(Documents.largestFile))",
        hint: "split it into several files")
    case .file: nil
    }
  }
}

extension Diagnostic {
  static func onWholeFile(_ path: String, _ message: String, hint: String) -> Diagnostic {
    Diagnostic(
      .error, path: path, position: TextPosition(line: 1, column: 1), message: message, hint: hint)
  }

  /// The path is shown byte by byte: its characters are what it would deceive with.
  static func misspelt(_ path: String, _ problem: String) -> Diagnostic {
    onWholeFile(
      PathSpelling.escaped(path.utf8), "the path may not be spelled like this: \(problem)",
      hint: "rename the file: in ASCII, or in letters of one script for each word")
  }

  static func repeated(_ path: String) -> Diagnostic {
    onWholeFile(
      path, "the commit holds this path more than once", hint: "commit it again with git")
  }

  /// A file that held a deployment and holds none that can be recognised: more often an accident than
  /// a removal.
  static func lost(_ name: DeploymentName, at path: String) -> Diagnostic {
    onWholeFile(
      path, "the manifest of \(name) is not to be recognised any more",
      hint: "its last good version stays in force; remove the file to remove the deployment")
  }

  static func unknownRuntime(
    _ runtime: String, of name: DeploymentName, at path: String, _ position: TextPosition?,
    among runtimes: [String]
  ) -> Diagnostic {
    Diagnostic(
      .error, path: path, position: position ?? TextPosition(line: 1, column: 1),
      message: "\(name) asks for the runtime \"\(runtime)\", which is not configured",
      hint: Suggestion.hint(for: runtime, in: runtimes, calling: "this controller has"))
  }

  /// The requests of two data planes cannot be split, so there is no rollout from one to the other.
  static func moved(
    _ name: DeploymentName, from home: String, to runtime: String, at path: String,
    _ position: TextPosition?
  ) -> Diagnostic {
    Diagnostic(
      .error, path: path, position: position ?? TextPosition(line: 1, column: 1),
      message: "\(name) is served by the runtime \"\(home)\", and cannot move to \"\(runtime)\"",
      hint: "declare it there under another name, and remove this one when its clients have moved")
  }

  static func duplicate(of name: DeploymentName, at path: String, first owner: String) -> Diagnostic
  {
    onWholeFile(
      path, "\(name) is already declared in \(owner), which has the name",
      hint: "give it another name, or remove one of the two: the name is free when \(owner) "
        + "declares it no more")
  }

  /// A copy is not admitted because its original is wrong.
  static func held(_ name: DeploymentName, at path: String, by owner: String) -> Diagnostic {
    onWholeFile(
      path, "\(name) is the name of a deployment in \(owner), which is wrong now and keeps it",
      hint: "give it another name, or correct \(owner): the name is free when that is right and "
        + "declares it no more, or is removed")
  }
}
