package import Control
import Delivery
import Encoding
package import HTTP
package import Kubernetes
package import Logging
package import Manifests
import Prometheus
package import Rollouts

/// Serves models in a cluster: objects that serve each revision, and one route for each deployment.
///
/// It holds nothing that is not in the cluster, too. What was applied last is known from the objects themselves, so that
/// the next controller, on another machine and with an empty disk, goes on where this one was.
/// While nothing changes nothing is asked: what happens to the objects is told by watches.
package actor ClusterRuntime: Runtime {
  /// Whether people are to see its deployments in the cluster.
  package nonisolated var isMirrored: Bool { setup.settings.isMirrored }
  /// Where its servers send payloads; nil when they do not.
  package nonisolated var payloads: PayloadSettings? { setup.settings.payloads }

  /// The servers of which payloads are wanted.
  package nonisolated let book: ServerBook
  let setup: ClusterRuntimeSetup
  let client: KubernetesClient
  /// Asks pods: it knows no credentials of the API server.
  let pods: HTTPClient
  let clock: any WallClock
  let logger: Logger
  var cache = ClusterCache()
  /// What was applied last in this life.
  var plans: [DeploymentName: Plan] = [:]
  /// By which record the newest generation was made, as far as this life was told.
  var records: [DeploymentName: (generation: Int, number: Int)] = [:]
  /// Since when revisions without traffic drain.
  var drains: [DeploymentName: [Revision.ID: ContinuousClock.Instant]] = [:]
  /// What the server made of what was applied: defaults filled in, quantities spelt its way.
  var settled: [ClusterCache.Key: Settled] = [:]
  var contests = Contests()
  /// Why the cluster does not take revisions that are to be loaded.
  var refusals: [DeploymentName: [Revision.ID: String]] = [:]
  /// Those of whose objects one is as somebody else wants it.
  var altered: Set<DeploymentName> = []
  /// Since when the gateways have accepted the route of a generation, as far as this life has seen it.
  var accepted: [DeploymentName: (generation: Int, since: ContinuousClock.Instant)] = [:]
  /// When routes were taken away: no gateway says when it has forgotten one.
  var closings: [DeploymentName: ContinuousClock.Instant] = [:]
  /// What is written of policies at the moment.
  var policyWrites: [DeploymentName: Task<Void, any Error>] = [:]
  var places = PlaceBook()
  /// What is to be counted; nil when it is to be made anew.
  var counted: [CountSubject]?
  /// What pods answered before they counted, and those that are being asked.
  var smoke = SmokeBook()
  var asks: [String: Ask] = [:]
  var loads: [SmokeBook.Server: Load] = [:]
  let complaints: DeduplicatedErrors
  private var workers: [DeploymentName: Worker] = [:]
  private var tasks: [Task<Void, Never>] = []
  private var followers: [Follower<ClusterEntry>] = []

  /// What is done for one deployment at the moment.
  private struct Worker {
    var isAskedAgain = false
    var retry: Task<Void, Never>?
    /// What is under way.
    var running: Task<Void, Never>?
    var failures = 0
  }

  /// An object as it was applied, and the version of its specification that came of it.
  struct Settled: Equatable {
    private let drawn: Digest
    private let generation: Int?

    init(_ drawn: DrawnObject, generation: Int?) {
      self.drawn = Digest(of: drawn.demanded.canonical.utf8)
      self.generation = generation
    }
  }

  package init(
    _ setup: ClusterRuntimeSetup, client: KubernetesClient, pods: HTTPClient = HTTPClient(),
    clock: any WallClock, logger: Logger
  ) {
    self.setup = setup
    book = ServerBook(setup.settings.payloads?.senders ?? .pods)
    self.client = client
    self.pods = pods
    self.clock = clock
    self.logger = logger
    complaints = DeduplicatedErrors(logger: logger)
  }

  // MARK: Its life

  /// Begins to follow what is in the cluster.
  package func start() {
    guard tasks.isEmpty else { return }
    let all = (needed + policyTypes).map { type in
      Follower<ClusterEntry>(
        client, type, in: setup.settings.namespace, labels: setup.selector, logger: logger
      ) { [weak self] changes in await self?.take(changes, of: type) }
    }
    // Policies that cannot be followed keep a split waiting, and nothing else.
    followers = Array(all.prefix(needed.count))
    tasks = all.map { follower in Task { await follower.run() } }
  }

  /// Ends what this life does; what serves goes on serving.
  package func stop() async {
    let running =
      tasks + workers.values.compactMap(\.running) + asks.values.map(\.task)
      + loads.values.map(\.task)
    for task in tasks { task.cancel() }
    rest()
    for task in running { await task.value }
    (tasks, workers, followers) = ([], [:], [])
    (cache, settled, places, counted) = (ClusterCache(), [:], PlaceBook(), nil)
  }

  /// The types without whose objects nothing is known.
  private var needed: [ResourceType] { [.httpRoutes] + serverTypes + [.pods] }

  private func take(_ changes: [Change<ClusterEntry>], of type: ResourceType) {
    var touched: Set<DeploymentName> = []
    for change in changes {
      switch change {
      case .set(let entry) where isAtHome(entry, type):
        cache.set(entry, type).map { _ = touched.insert($0) }
      // What somebody has given to another deployment is none of this one's any more.
      case .set(let entry):
        cache.remove(type, entry.objectName).map { _ = touched.insert($0) }
      case .gone(let name): cache.remove(type, name).map { _ = touched.insert($0) }
      }
    }
    let isNews = !cache.read.contains(type)
    cache.note(read: type)
    if isNews, isRead {
      openPlaces()
    } else if isRead {
      // Whose the place of a mirror is, is known by the servers.
      for deployment in touched { notePlaces(of: deployment) }
    }
    for deployment in isNews && isRead ? Set(plans.keys) : touched {
      noteServers(of: deployment)
      askPods(of: deployment)
      ask(for: deployment)
    }
  }

  /// Whether an object lies where this runtime would have put it: whoever may write in another namespace can give an
  /// object any label.
  private func isAtHome(_ entry: ClusterEntry, _ type: ResourceType) -> Bool {
    guard let deployment = entry.deployment else { return false }
    let names = setup.names(of: deployment)
    if routeTypes.contains(type) { return entry.objectName == names.route }
    guard type != .pods else { return entry.metadata.namespace == names.namespace }
    return entry.revision.map { entry.objectName == names.server($0) } ?? false
  }

  /// Leaves everything as it is: another controller applies plans now, and these may be older.
  ///
  /// What failed is not sent again: it could arrive after the other one's.
  package func rest() {
    for worker in workers.values {
      worker.retry?.cancel()
      worker.running?.cancel()
    }
    (plans, drains, refusals, altered, accepted) = ([:], [:], [:], [], [:])
    records = [:]
    counted = nil
    forgetAnswers()
    book.forgetAll()
  }

  var isRead: Bool { cache.read.isSuperset(of: needed) }

  /// Refuses to speak of a cluster that is not heard of: what was so an hour ago says nothing of now.
  func requireNews() async throws {
    for follower in followers {
      guard let silence = await follower.silence, silence > Self.longestSilence else { continue }
      throw ClusterRuntimeError(
        .unread, "the cluster cannot be followed: what is in it is not known now")
    }
  }

  private static let longestSilence = Duration.seconds(30)

  // MARK: The port

  package func apply(
    _ plan: Plan, recordedAs record: Int?, to deployment: DeploymentName
  ) async throws {
    if let record { records[deployment] = (plan.generation, record) }
    try apply(plan, to: deployment)
  }

  /// Takes the plan, and carries it out in the background: each deployment waits for its own objects alone.
  package func apply(_ plan: Plan, to deployment: DeploymentName) throws {
    guard isRead else {
      throw ClusterRuntimeError(.unread, "what is in the cluster has not been read yet")
    }
    try refuseOlder(plan, for: deployment)
    // What is due of an old plan has its own time: what fails is tried again less and less often.
    if plans[deployment] == nil { proveServing(plan, of: deployment) }
    guard plans.updateValue(plan, forKey: deployment) != plan else { return }
    // What is under way for the plan before may be a way back's last obstacle.
    policyWrites[deployment]?.cancel()
    notePlaces(of: deployment)
    noteServers(of: deployment)
    askPods(of: deployment)
    ask(for: deployment)
  }

  private func refuseOlder(_ plan: Plan, for deployment: DeploymentName) throws {
    let known = [plans[deployment]?.generation, route(of: deployment)?.generation]
    guard let newest = known.compactMap(\.self).max(), plan.generation < newest else { return }
    throw ClusterRuntimeError(
      .outdated,
      "\(deployment): generation \(newest) was applied before, so \(plan.generation) is not")
  }

  // MARK: Work

  /// Does what is due for a deployment, or once more when that is under way.
  func ask(for deployment: DeploymentName) {
    guard plans[deployment] != nil else { return }
    var worker = workers[deployment] ?? Worker()
    worker.retry?.cancel()
    worker.retry = nil
    defer { workers[deployment] = worker }
    guard worker.running == nil else { return worker.isAskedAgain = true }
    worker.running = Task { await work(for: deployment) }
  }

  private func work(for deployment: DeploymentName) async {
    var isDone = true
    repeat {
      workers[deployment]?.isAskedAgain = false
      isDone =
        await complaints.run("serve \(deployment)") { try await deliver(to: deployment) } != nil
    } while workers[deployment]?.isAskedAgain == true && !Task.isCancelled
    guard var worker = workers[deployment] else { return }
    worker.running = nil
    worker.failures = isDone ? 0 : worker.failures + 1
    workers[deployment] = worker
    // What was asked for while this one was cancelled is another one's work.
    if worker.isAskedAgain { return ask(for: deployment) }
    guard isDone else { return retry(deployment) }
    if let wait = nextUnload(of: deployment) { ask(for: deployment, after: wait) }
  }

  private func retry(_ deployment: DeploymentName) {
    let failures = min(workers[deployment]?.failures ?? 1, 6)
    let wait = min(Duration.milliseconds(500) * (1 << failures), Self.longestWait)
    ask(for: deployment, after: wait)
  }

  private static let longestWait = Duration.seconds(30)

  func ask(for deployment: DeploymentName, after wait: Duration) {
    guard !tasks.isEmpty else { return }
    let retry = Task { [weak self] in
      guard (try? await Task.sleep(for: wait)) != nil else { return }
      await self?.ask(for: deployment)
    }
    workers[deployment, default: Worker()].retry?.cancel()
    workers[deployment]?.retry = retry
  }
}

/// What a runtime in a cluster is made with.
package struct ClusterRuntimeSetup: Sendable {
  package let settings: KubernetesSettings
  /// Who makes the objects: a controller's name and its runtime's, as the value of a label.
  package let owner: String
  /// Accepted is not programmed: how long a gateway may take from the one to the other.
  let propagation: Duration

  package init(
    _ settings: KubernetesSettings, owner: String, propagation: Duration = .seconds(2)
  ) {
    self.settings = settings
    self.propagation = propagation
    self.owner = ClusterNames.shortened(owner, to: 63)
  }

  var selector: String {
    ClusterNames.labels(of: owner).sorted { $0.key < $1.key }
      .map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  func names(of deployment: DeploymentName) -> ClusterNames {
    ClusterNames(deployment, in: settings, owner: owner)
  }
}
