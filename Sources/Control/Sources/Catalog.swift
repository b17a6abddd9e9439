import Encoding
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
    /// The place of the group's name.
    let group: TextPosition?
  }

  package let tip: Tip
  package let wanted: [DeploymentName: Wanted]
  /// Deployments whose file is wrong now: their last good version stays in force.
  package let unchanged: Set<DeploymentName>
  package let diagnostics: [Diagnostic]
  /// Whether every file was read that can be: what failed may succeed at the next try.
  package let isWhole: Bool
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
  struct ReadFile {
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

    /// What the right to declare something rests on.
    func question(about item: DeclaredDeployment, at path: TreePath) -> Jurisdiction.Files {
      Jurisdiction.Files(
        name: item.deployment.name, path: path, blob: blob, profile: item.profile,
        profileBlob: item.profile.flatMap { profiles[$0] })
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

  var files: [TreePath: ReadFile] = [:]
  private var ownership = Ownership()
  var jurisdiction: Jurisdiction
  /// What was let in, so that what comes later does not take its place.
  private var admitted: [DeploymentName: Deployment] = [:]

  /// The names of the runtimes that the operator configured; the first is that of deployments that
  /// name none.
  let runtimes: [String]
  let rules: NamespaceRules

  package init(runtimes: [String], rules: NamespaceRules = NamespaceRules()) {
    precondition(!runtimes.isEmpty, "a controller needs a runtime")
    self.runtimes = runtimes
    self.rules = rules
    jurisdiction = Jurisdiction(rules)
  }

  /// Remembers where a deployment came from before this process started, so that a file which is
  /// wrong by now is not taken for a removal, and its copy not for the file.
  package mutating func remember(_ deployment: DeploymentName, from path: String) {
    ownership.remember(deployment, from: TreePath(path))
  }

  /// Reads what is new at `tip`; `homes` are the runtimes of the deployments that have something there.
  package mutating func snapshot(
    of tip: Tip, entries: [TreeEntry], servedBy homes: [DeploymentName: String] = [:],
    after history: SourceHistory = .none, read: (String) async throws -> [UInt8]
  ) async throws -> Snapshot {
    var current: [TreePath: ReadFile] = [:]
    var reading = Reading()
    let manifests = entries.filter(\.isManifest)
    let refusals = refusals(of: manifests)
    let readable = manifests.filter { refusals[TreePath($0.path)] == nil }
    let blobs = Dictionary(readable.map { (TreePath($0.path), $0.blob) }) { $1 }
    for entry in manifests {
      let path = TreePath(entry.path)
      if let refusal = refusals[path] {
        reading.refuse(entry, refusal)
        continue
      }
      if let known = files[path], known.isSame(entry.blob, among: blobs) {
        current[path] = known
      } else {
        try Task.checkCancellation()
        do {
          let file = try await decode(entry, blobs, read)
          current[path] = ReadFile(file, entry.blob, among: blobs)
        } catch {
          // Of one file: what others declare does not wait for it.
          try Task.checkCancellation()
          reading.isWhole = false
          reading.refuse(entry, .unreadable(entry.path, "\(error)"))
        }
      }
    }
    files = current
    try await judgeSigners(&reading, history)
    return assemble(tip, reading, homes, history)
  }

  /// What is said of the entries of one commit before they are taken together.
  struct Reading {
    var claims = Ownership.Claims()
    var diagnostics: [Diagnostic] = []
    var isWhole = true
    /// Deployments that somebody changed or removed who may not, by the file.
    var foreign: [TreePath: [DeploymentName: Diagnostic]] = [:]

    mutating func refuse(_ entry: TreeEntry, _ refusal: Diagnostic) {
      diagnostics.append(refusal)
      let path = TreePath(entry.path)
      if case .unreadFolder = entry.kind {
        claims.unreadFolders.append(path)
      } else {
        claims.wrongFiles.insert(path)
      }
    }
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
    _ tip: Tip, _ reading: Reading, _ homes: [DeploymentName: String], _ history: SourceHistory
  ) -> Snapshot {
    var (claims, diagnostics) = (reading.claims, reading.diagnostics)
    var declared: [DeploymentName: [TreePath: Snapshot.Wanted]] = [:]
    let before = ownership.firstNames
    for (path, read) in files.sorted(by: { $0.key < $1.key }) {
      diagnostics += judge(read.file, at: path, whichHad: before[path], &claims)
      for item in read.file.deployments {
        let (name, runtime) = (item.deployment.name, item.deployment.runtime ?? runtimes[0])
        let refusal =
          rules.refusal(of: name, at: path.text, read.file.position(of: name))
          ?? rules.formatRefusal(of: item, at: path.text) ?? reading.foreign[path]?[name]
          ?? refusal(of: runtime, for: item, at: path.text, servedBy: homes[name])
          ?? refusalOfServing(
            item.deployment, at: path.text, read.file.position(of: name), history.recorded[name])
        if let refusal {
          diagnostics.append(refusal)
          claims.wrong[name, default: []].insert(path)
          continue
        }
        claims.right[name, default: []].insert(path)
        var deployment = item.deployment
        deployment.runtime = runtime
        declared[name, default: [:]][path] = Snapshot.Wanted(
          deployment: deployment, path: path.text, blob: read.blob, profile: item.profile,
          group: item.group)
      }
    }
    ownership.settle(claims)
    return snapshot(
      of: tip, claims, declared, diagnostics, history, isWhole: reading.isWhole)
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
  private mutating func snapshot(
    of tip: Tip, _ claims: Ownership.Claims,
    _ declared: [DeploymentName: [TreePath: Snapshot.Wanted]], _ diagnostics: [Diagnostic],
    _ history: SourceHistory, isWhole: Bool
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
    let (crowd, warnings) = takeOutCrowds(of: &wanted, beside: unchanged, history)
    diagnostics += warnings
    let refused = admit(&wanted, beside: unchanged.union(crowd), history)
    for (name, broken) in refused.sorted(by: { $0.key < $1.key }) {
      let path = ownership.holder(of: name)?.text ?? ""
      diagnostics.append(.overQuota(name, at: path, broken))
    }
    return Snapshot(
      tip: tip, wanted: wanted, unchanged: unchanged.union(refused.keys).union(crowd),
      diagnostics: diagnostics, isWhole: isWhole)
  }

  /// Takes out what is more than a namespace may have; returns it, with what it would break.
  private mutating func admit(
    _ wanted: inout [DeploymentName: Snapshot.Wanted], beside held: Set<DeploymentName>,
    _ history: SourceHistory
  ) -> [DeploymentName: String] {
    guard !rules.isEmpty else { return [:] }
    let present = history.recorded.compactMapValues(\.deployment).merging(admitted) { $1 }
    let quotas = Quotas(rules: rules, present: present)
    let refused = quotas.refusals(of: wanted.mapValues(\.deployment), beside: held)
    for name in refused.keys { wanted[name] = nil }
    let staying = present.filter { held.contains($0.key) || refused[$0.key] != nil }
    admitted = wanted.mapValues(\.deployment).merging(staying) { first, _ in first }
    return refused
  }

  /// Returns why a deployment cannot be used as its manifest asks for: it is used in another way.
  private func refusalOfServing(
    _ wanted: Deployment, at path: String, _ position: TextPosition?, _ recorded: RecordedManifest?
  ) -> Diagnostic? {
    guard let present = recorded?.deployment, present.serving != wanted.serving else { return nil }
    return .servedOtherwise(
      wanted.name, present.serving ?? .online, wanted.serving ?? .online, at: path, position)
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
    switch kind {
    case .submodule, .unreadFolder: return true
    default: break
    }
    guard !Self.isManifest(path) else { return true }
    let plain = String(decoding: path.utf8.filter { $0 < 0x80 }, as: UTF8.self)
    return Self.isManifest(plain) && PathSpelling.problem(of: path) != nil
  }

  private static func isManifest(_ path: String) -> Bool {
    path.hasSuffix(".yaml") || path.hasSuffix(".yml")
  }

  /// Why the entry is not read at all.
  var refusal: Diagnostic? {
    if case .unreadFolder(let reason) = kind { return .unreadFolder(path, reason) }
    if let refusal = PathSpelling.refusal(of: path) { return refusal }
    return switch kind {
    case .unreadable(let reason): .unreadable(path, reason)
    case .symbolicLink:
      .onWholeFile(path, "a symbolic link is not followed", hint: "commit the file itself")
    case .submodule:
      .onWholeFile(path, "a submodule is not read", hint: "keep manifests in this repository")
    case .file where size > Documents.largestFile:
      .onWholeFile(
        path, "\(size) bytes are more than a manifest may have (\(Documents.largestFile))",
        hint: "split it into several files")
    case .file, .unreadFolder: nil
    }
  }
}
