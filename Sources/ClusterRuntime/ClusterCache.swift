import Kubernetes
import Rollouts

/// What is in the cluster of one runtime, as far as it was told.
///
/// It knows its own writes at once, and takes no older news of them from a watch that is behind.
struct ClusterCache: Sendable {
  /// One object, whatever its type.
  struct Key: Hashable, Sendable {
    let type: ResourceType
    let name: ObjectName
  }

  private var entries: [Key: ClusterEntry] = [:]
  /// The objects of each deployment.
  private var owned: [DeploymentName: Set<Key>] = [:]
  /// What the objects of each deployment say, as far as it was read since they changed.
  private var readings: [DeploymentName: DeploymentReading] = [:]
  /// The objects that went last, up to which version, and when.
  private var gone: [Gone] = []

  private struct Gone {
    let uid: String
    let version: UInt64
    let at: ContinuousClock.Instant
  }

  /// The types of which everything has been listed once.
  private(set) var read: Set<ResourceType> = []

  var deployments: some Collection<DeploymentName> { owned.keys }

  subscript(type: ResourceType, name: ObjectName) -> ClusterEntry? {
    entries[Key(type: type, name: name)]
  }

  /// Returns the objects of a type that are of the deployment, by their names.
  func objects(_ type: ResourceType, of deployment: DeploymentName) -> [ClusterEntry] {
    (owned[deployment] ?? []).filter { $0.type == type }.compactMap { entries[$0] }
      .sorted { $0.objectName < $1.objectName }
  }

  /// Returns what the objects of a deployment say; they are read when one of them has changed.
  mutating func reading(
    of deployment: DeploymentName, by read: (ClusterCache) -> DeploymentReading
  ) -> DeploymentReading {
    if let known = readings[deployment] { return known }
    let reading = read(self)
    if owned[deployment] != nil { readings[deployment] = reading }
    return reading
  }

  /// Takes an object over; returns whose it is, and whether it is news.
  @discardableResult
  mutating func set(_ entry: ClusterEntry, _ type: ResourceType) -> DeploymentName? {
    let key = Key(type: type, name: entry.objectName)
    if isGone(entry) { return nil }
    if let known = entries[key], entry.isOlder(than: known) { return nil }
    if let before = entries[key]?.deployment {
      owned[before]?.remove(key)
      readings[before] = nil
    }
    entries[key] = entry
    guard let deployment = entry.deployment else { return nil }
    readings[deployment] = nil
    owned[deployment, default: []].insert(key)
    return deployment
  }

  @discardableResult
  mutating func remove(_ type: ResourceType, _ name: ObjectName) -> DeploymentName? {
    let key = Key(type: type, name: name)
    guard let entry = entries.removeValue(forKey: key) else { return nil }
    // Pods are never written here, so that no answer of them is under way.
    if type != .pods { note(gone: entry) }
    guard let deployment = entry.deployment else { return nil }
    readings[deployment] = nil
    owned[deployment]?.remove(key)
    if owned[deployment]?.isEmpty == true { owned[deployment] = nil }
    return deployment
  }

  /// Whether it is the answer to a write that comes after the news that its object is gone.
  private func isGone(_ entry: ClusterEntry) -> Bool {
    guard let version = entry.version else { return false }
    return gone.contains {
      $0.uid == entry.metadata.uid && version <= $0.version && .now - $0.at < Self.memory
    }
  }

  private mutating func note(gone entry: ClusterEntry) {
    guard let uid = entry.metadata.uid, let version = entry.version else { return }
    gone.removeAll { .now - $0.at >= Self.memory }
    gone.append(Gone(uid: uid, version: version, at: .now))
    if gone.count > Self.mostGone { gone.removeFirst() }
  }

  /// Longer than any answer is under way; a store that was set back may show an old object later.
  private static let memory = Duration.seconds(180)
  private static let mostGone = 1000

  mutating func note(read type: ResourceType) { read.insert(type) }
}
