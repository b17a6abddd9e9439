import Rollouts

/// Which path has which name.
///
/// Think of a land register: a name is its owner's until the owner gives it up, and not until the owner
/// makes a mistake. A path gives a name up when it is right and does not declare it, or is gone. Then
/// whoever declares it anew in that commit has it, as when a file is renamed; a file that was refused
/// the name before comes after those.
struct Ownership: Sendable {
  private var owners: [DeploymentName: TreePath] = [:]
  /// Who named what belonged to another, when that was looked at last.
  private var refused: [DeploymentName: Set<TreePath>] = [:]
  /// Files that came when an owner went, and that cannot be followed yet.
  private var heirs: [DeploymentName: TreePath] = [:]

  /// The files of one commit, as far as they name deployments.
  struct Claims {
    /// Who declares a name as it should be.
    var right: [DeploymentName: Set<TreePath>] = [:]
    /// Who names it in a way that cannot be followed.
    var wrong: [DeploymentName: Set<TreePath>] = [:]
    /// Files that cannot be followed, whatever they name.
    var wrongFiles: Set<TreePath> = []
    /// Folders of which nobody knows everything that is below.
    var unreadFolders: [TreePath] = []

    func holds(_ path: TreePath, _ name: DeploymentName) -> Bool {
      wrongFiles.contains(path) || wrong[name]?.contains(path) == true
        || unreadFolders.contains(where: path.isBelow)
    }

    /// Everybody who names it.
    fileprivate func all(_ name: DeploymentName) -> Set<TreePath> {
      right[name, default: []].union(wrong[name, default: []])
    }
  }

  /// Takes over what the ledger says, which outlasts this process.
  mutating func remember(_ name: DeploymentName, from path: TreePath) { owners[name] = path }

  /// The path for which a name is kept; nil when it is nobody's.
  func holder(of name: DeploymentName) -> TreePath? { heirs[name] ?? owners[name] }

  /// The first of the names that each path has.
  var firstNames: [TreePath: DeploymentName] {
    Dictionary(owners.map { ($0.value, $0.key) }, uniquingKeysWith: min)
  }

  /// The names whose owners cannot be followed now.
  func held(_ claims: Claims) -> Set<DeploymentName> {
    Set(owners.filter { claims.holds($0.value, $0.key) }.keys)
  }

  /// Finds out whose each name is at the next commit.
  mutating func settle(_ claims: Claims) {
    let names = Set(owners.keys).union(claims.right.keys).union(claims.wrong.keys)
    for name in names {
      let before = refused[name, default: []]
      owners[name] = next(name, claims)
      heirs[name] = heir(of: name, claims, refused: before)
      let others = claims.all(name).filter { $0 != owners[name] && $0 != heirs[name] }
      refused[name] = owners[name] == nil ? nil : others
    }
  }

  private func next(_ name: DeploymentName, _ claims: Claims) -> TreePath? {
    let right = claims.right[name, default: []]
    let before = refused[name, default: []]
    if let owner = owners[name], right.contains(owner) || claims.holds(owner, name) { return owner }
    if let fresh = right.subtracting(before).min() { return fresh }
    if heir(of: name, claims, refused: before) != nil { return owners[name] }
    // What a wrong file alone names is not removed, and stays whose it was.
    return right.min() ?? claims.wrong[name].flatMap { _ in owners[name] }
  }

  /// Returns the file to which an owner was moved and which is wrong since: no reason to let a copy have
  /// the name, and none to take it from the owner who comes back.
  private func heir(
    of name: DeploymentName, _ claims: Claims, refused before: Set<TreePath>
  ) -> TreePath? {
    guard let owner = owners[name], !claims.right[name, default: []].contains(owner),
      !claims.holds(owner, name)
    else { return nil }
    return claims.wrong[name, default: []].subtracting(before).min()
  }
}
