import Delivery
import HTTP
import Inferences
import Kubernetes
import Manifests
import Rollouts

// Smoke requests: pods answer them before any client is sent there.
extension ClusterRuntime {
  /// A pod that is being asked, until it has answered.
  struct Ask {
    let server: SmokeBook.Server
    let task: Task<Void, Never>
  }

  /// How many pods of one server are asked at once: many pods are no reason for a storm.
  private static let mostAtOnce = 2
  /// As between two attempts to write into the cluster.
  static let longestPause = Duration.seconds(30)

  /// What is so of a server of a revision, with what it has to answer before it counts.
  func readiness(
    of revision: Revision.ID, _ reading: ServerReading, in deployment: DeploymentName
  ) -> Readiness {
    guard reading.readiness == .ready, plans[deployment] != nil,
      isAsked(revision, of: deployment), let server = smokeServer(revision, of: deployment),
      isOnTrial(server)
    else { return reading.readiness }
    let answered = answered(by: server, servingPods(of: server), reading)
    return answered == .ready ? readinessUnderLoad(of: server) : answered
  }

  /// Whether a server is ready that may have something to answer: no plan of this life says what, so that it must not get clients.
  func isUntold(_ deployment: DeploymentName) -> Bool {
    plans[deployment] == nil
      && servers(of: deployment).contains { revision, reading in
        reading.readiness == .ready && smokeServer(revision, of: deployment).map(isOnTrial) ?? false
      }
  }

  /// Notes whom a first plan of this life sends clients: they were ready then, whatever has become of their route.
  func proveServing(_ plan: Plan, of deployment: DeploymentName) {
    for revision in plan.reached {
      smokeServer(revision, of: deployment).map { smoke.prove($0) }
    }
  }

  private func answered(
    by server: SmokeBook.Server, _ pods: [ServingPod], _ reading: ServerReading
  ) -> Readiness {
    let wanted = setup.settings.scaling == .serin ? max(1, reading.replicas ?? 1) : 1
    guard model(of: server)?.smoke == nil else {
      return smoke.readiness(of: server, with: pods, wanted: wanted)
    }
    return pods.count >= wanted
      ? .ready : .preparing("\(pods.count) of \(wanted) pods are ready to be put under load")
  }

  /// Asks the pods of a deployment whose answers are wanted, and notes which servers need to answer nothing.
  func askPods(of deployment: DeploymentName) {
    let readings = servers(of: deployment)
    let there = Set(readings.keys.compactMap { smokeServer($0, of: deployment) })
    smoke.keep(there, of: deployment)
    endLoads(of: deployment, but: there)
    for revision in plans[deployment]?.loaded ?? [] {
      guard let reading = readings[revision.id],
        let server = smokeServer(revision.id, of: deployment),
        isAsked(revision.id, of: deployment)
      else { continue }
      // What was stopped for the way back has served, too.
      let isReserve = reading.isStopped && plans[deployment]?.reserve == revision.id
      if isReserve || hasServed(server) { smoke.prove(server) }
      if reading.readiness == .ready { askPods(of: server, reading) }
    }
  }

  private func askPods(of server: SmokeBook.Server, _ reading: ServerReading) {
    guard !smoke.isProven(server) else { return }
    let pods = servingPods(of: server)
    guard answered(by: server, pods, reading) == .ready else {
      if model(of: server)?.smoke != nil { for pod in pods { begin(pod, of: server) } }
      return
    }
    beginLoad(of: server)
    if readinessUnderLoad(of: server) == .ready { smoke.prove(server) }
  }

  /// Ends all questions; what was answered is forgotten.
  func forgetAnswers() {
    for ask in asks.values { ask.task.cancel() }
    for load in loads.values { load.task.cancel() }
    (asks, loads, smoke) = ([:], [:], SmokeBook())
  }

  // MARK: Asking

  private func begin(_ pod: ServingPod, of server: SmokeBook.Server) {
    let uid = pod.life.pod
    guard asks[uid] == nil, smoke.isOpen(pod.life, of: server),
      asks.values.count(where: { $0.server == server }) < Self.mostAtOnce
    else { return }
    asks[uid] = Ask(server: server, task: Task { await askPod(uid, of: server) })
  }

  /// Asks one pod until it has answered or is not wanted any more, less and less often, and never twice at a time.
  private func askPod(_ uid: String, of server: SmokeBook.Server) async {
    var pause = Duration.seconds(1)
    while let question = question(for: uid, of: server) {
      let outcome = await question.ask(by: pods)
      guard !Task.isCancelled else { return }
      smoke.note(outcome, of: question.model.pod.life, among: servingPods(of: server), of: server)
      guard case .unanswered = outcome else { break }
      guard (try? await Task.sleep(for: pause)) != nil else { return }
      pause = min(pause * 2, Self.longestPause)
    }
    asks[uid] = nil
    askPods(of: server.deployment)
    ask(for: server.deployment)
  }

  /// What a pod is to be asked now; nil when that is nothing.
  private func question(for uid: String, of server: SmokeBook.Server) -> PodQuestion? {
    guard isOnTrial(server), smokeServer(server.revision, of: server.deployment) == server,
      servers(of: server.deployment)[server.revision]?.readiness == .ready,
      let request = model(of: server).flatMap(SmokeRequest.init),
      let pod = servingPods(of: server).first(where: { $0.life.pod == uid }),
      smoke.isOpen(pod.life, of: server)
    else { return nil }
    return PodQuestion(
      request: request, model: podModel(pod, of: server), timeout: setup.settings.requestTimeout)
  }

  func podModel(_ pod: ServingPod, of server: SmokeBook.Server) -> PodModel {
    PodModel(
      pod: pod, name: server.deployment.name, takesLoopback: client.access.isOnThisMachine)
  }

  // MARK: Who is asked

  private func smokeServer(
    _ revision: Revision.ID, of deployment: DeploymentName
  ) -> SmokeBook.Server? {
    server(revision, serverTypes[0], of: deployment)?.metadata.uid.map {
      SmokeBook.Server(deployment: deployment, revision: revision, uid: $0)
    }
  }

  func model(of server: SmokeBook.Server) -> Model? {
    plans[server.deployment]?.loaded.first { $0.id == server.revision }?.model
  }

  /// Whether a server has to answer or to bear something before it counts.
  ///
  /// A controller that starts looks before it is told what that is: until then it may be something.
  private func isOnTrial(_ server: SmokeBook.Server) -> Bool {
    isAsked(server.revision, of: server.deployment) && !smoke.isProven(server)
      && !hasServed(server)
  }

  /// Whether a plan asks something of a revision; it is looked at before anything else, since most ask nothing.
  private func isAsked(_ revision: Revision.ID, of deployment: DeploymentName) -> Bool {
    guard let plan = plans[deployment] else { return true }
    return loadTest(for: revision, of: deployment) != nil
      || plan.loaded.contains { $0.id == revision && $0.model.smoke != nil }
  }

  /// Whether requests reach the server, or did: a route has places for nobody else.
  ///
  /// A controller that starts where others have served asks nothing of what serves, and takes nothing away from it.
  private func hasServed(_ server: SmokeBook.Server) -> Bool {
    guard let route = route(of: server.deployment) else { return false }
    return route.slots.place(of: server.revision) != nil
      || routing(of: server.deployment)?.revisions.contains(server.revision) == true
  }

  func servingPods(of server: SmokeBook.Server) -> [ServingPod] {
    cache.objects(.pods, of: server.deployment).filter { $0.revision == server.revision }
      .compactMap { ServingPod($0, of: setup.settings.server) }
  }
}
