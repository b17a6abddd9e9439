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
  private static let longestPause = Duration.seconds(30)

  /// What is so of a server of a revision, with what it has to answer before it counts.
  func readiness(
    of revision: Revision.ID, _ reading: ServerReading, in deployment: DeploymentName
  ) -> Readiness {
    guard reading.readiness == .ready, let server = smokeServer(revision, of: deployment),
      isToBeAsked(server)
    else { return reading.readiness }
    guard plans[deployment] != nil else { return .preparing(SmokeRequest.progress) }
    return smoke.readiness(of: server, with: servingPods(of: server), wanted: wanted(of: reading))
  }

  /// Asks the pods of a deployment whose answers are wanted, and notes which servers need to answer nothing.
  func askPods(of deployment: DeploymentName) {
    let readings = servers(of: deployment)
    smoke.keep(Set(readings.keys.compactMap { smokeServer($0, of: deployment) }), of: deployment)
    for revision in plans[deployment]?.loaded ?? [] where revision.model.smoke != nil {
      guard let reading = readings[revision.id],
        let server = smokeServer(revision.id, of: deployment)
      else { continue }
      // What was stopped for the way back has served, too.
      if reading.isStopped || hasServed(server) { smoke.prove(server) }
      if reading.readiness == .ready { askPods(of: server, reading) }
    }
  }

  private func askPods(of server: SmokeBook.Server, _ reading: ServerReading) {
    guard !smoke.isProven(server) else { return }
    let pods = servingPods(of: server)
    let readiness = smoke.readiness(of: server, with: pods, wanted: wanted(of: reading))
    if readiness == .ready { smoke.prove(server) }
    for pod in pods { begin(pod, of: server) }
  }

  /// Ends all questions; what was answered is forgotten.
  func forgetAnswers() {
    for ask in asks.values { ask.task.cancel() }
    (asks, smoke) = ([:], SmokeBook())
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
      let outcome = try? await question.ask(by: pods)
      guard !Task.isCancelled, let outcome else { return }
      smoke.note(outcome, of: question.pod.life, among: servingPods(of: server), of: server)
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
    guard isToBeAsked(server), smokeServer(server.revision, of: server.deployment) == server,
      servers(of: server.deployment)[server.revision]?.readiness == .ready,
      let request = model(of: server).flatMap(SmokeRequest.init),
      let pod = servingPods(of: server).first(where: { $0.life.pod == uid }),
      smoke.isOpen(pod.life, of: server)
    else { return nil }
    return PodQuestion(
      request: request, pod: pod, model: server.deployment.name,
      timeout: setup.settings.requestTimeout, takesLoopback: client.access.isOnThisMachine)
  }

  // MARK: Who is asked

  private func smokeServer(
    _ revision: Revision.ID, of deployment: DeploymentName
  ) -> SmokeBook.Server? {
    server(revision, serverTypes[0], of: deployment)?.metadata.uid.map {
      SmokeBook.Server(deployment: deployment, revision: revision, uid: $0)
    }
  }

  private func model(of server: SmokeBook.Server) -> Model? {
    plans[server.deployment]?.loaded.first { $0.id == server.revision }?.model
  }

  /// Whether a server has to answer something before it counts.
  ///
  /// A controller that starts looks before it is told what is to be asked: the server's object says that there will be something.
  private func isToBeAsked(_ server: SmokeBook.Server) -> Bool {
    let entry = self.server(server.revision, serverTypes[0], of: server.deployment)
    let hasRequest =
      plans[server.deployment] == nil
      ? entry?.metadata.annotations?[ClusterNames.Key.smoke] != nil
      : model(of: server)?.smoke != nil
    return hasRequest && !smoke.isProven(server) && !hasServed(server)
  }

  /// Whether requests reach the server, or did: a route has places for nobody else.
  ///
  /// A controller that starts where others have served asks nothing of what serves, and takes nothing away from it.
  private func hasServed(_ server: SmokeBook.Server) -> Bool {
    guard let route = route(of: server.deployment) else { return false }
    return route.slots.place(of: server.revision) != nil
      || routing(of: server.deployment)?.revisions.contains(server.revision) == true
  }

  /// How many pods have to answer: what others scale is ready with one.
  private func wanted(of reading: ServerReading) -> Int {
    setup.settings.scaling == .serin ? max(1, reading.replicas ?? 1) : 1
  }

  private func servingPods(of server: SmokeBook.Server) -> [ServingPod] {
    cache.objects(.pods, of: server.deployment).filter { $0.revision == server.revision }
      .compactMap { ServingPod($0, of: setup.settings.server) }
  }
}
