import HTTP
import Inferences
import Manifests
import Rollouts

// Load tests: pods bear them after their smoke requests, and before any client is sent there.
extension ClusterRuntime {
  /// A server under load, or what came of it.
  struct Load {
    /// What it has to bear.
    let test: LoadTest
    var state: State
    let task: Task<Void, Never>
    /// Whom it is sent; none before it has begun.
    var lives: Set<ServingPod.Life> = []

    enum State: Equatable {
      case underWay(String)
      case borne
      case failed(String)
    }
  }

  /// What a server has to bear by the plan of this moment; nil when that is nothing.
  func loadTest(for server: SmokeBook.Server) -> LoadTest? {
    loadTest(for: server.revision, of: server.deployment)
  }

  func loadTest(for revision: Revision.ID, of deployment: DeploymentName) -> LoadTest? {
    guard let order = plans[deployment]?.loadTest, order.revision == revision,
      order.test.recorded == nil
    else { return nil }
    return order.test
  }

  /// What a server that has answered makes of its load.
  func readinessUnderLoad(of server: SmokeBook.Server) -> Readiness {
    guard loadTest(for: server) != nil else { return .ready }
    return switch loads[server]?.state {
    case .borne: .ready
    case .underWay(let words): .preparing(words)
    case .failed(let why): .failed(why)
    case nil: .preparing("waiting to be put under load")
    }
  }

  /// So many loads are sent at once: more would delay one another, and what is measured.
  private static let mostLoads = 2

  /// Puts a server under load, if that is asked for and has not been done.
  func beginLoad(of server: SmokeBook.Server) {
    guard loads[server] == nil, let test = loadTest(for: server),
      loads.values.count(where: \.isUnderWay) < Self.mostLoads
    else { return }
    let task = Task { await bear(test, server) }
    loads[server] = Load(
      test: test, state: .underWay("under load: 0 of \(test.requests) requests"), task: task)
  }

  /// Ends the loads of servers that are not asked to bear them, or are gone, or whose pods are: an address may be another pod's then.
  func endLoads(of deployment: DeploymentName, but there: Set<SmokeBook.Server>) {
    for (server, load) in loads where server.deployment == deployment {
      let isAsked = loadTest(for: server) == load.test && there.contains(server)
      let lives = Set(servingPods(of: server).map(\.life))
      guard !isAsked || load.isUnderWay && !load.lives.isSubset(of: lives) else { continue }
      load.task.cancel()
      loads[server] = nil
    }
  }

  /// Begins what has waited for another load to end.
  private func beginWaitingLoads() {
    for (deployment, plan) in plans where plan.loadTest != nil { askPods(of: deployment) }
  }

  private func bear(_ test: LoadTest, _ server: SmokeBook.Server) async {
    guard let form = await form(for: server) else { return }
    let bodies = await LoadRequests.bodies(form: form.body, for: test)
    guard !bodies.isEmpty else {
      return end(.failed("under load: there is no request to send"), server)
    }
    let models = servingPods(of: server).prefix(PodLoad.mostPods).map { podModel($0, of: server) }
    guard !models.isEmpty, !Task.isCancelled else { return beginLater(server) }
    loads[server]?.lives = Set(models.map(\.pod.life))
    do {
      let load = try PodLoad(
        test, bodies: bodies, to: models, timeout: setup.settings.requestTimeout)
      let problem = try await load.bear { await self.note($0, of: server) }
      end(problem.map(Load.State.failed) ?? .borne, server)
    } catch let silence as PodSilence {
      end(.failed("under load: \(silence.why)"), server)
    } catch {}
  }

  private func note(_ words: String, of server: SmokeBook.Server) {
    guard !Task.isCancelled, case .underWay = loads[server]?.state else { return }
    loads[server]?.state = .underWay(words)
  }

  /// Forgets a load before it has begun: its pods are gone, and the next ones begin another.
  private func beginLater(_ server: SmokeBook.Server) {
    if !Task.isCancelled { loads[server] = nil }
  }

  private func end(_ state: Load.State, _ server: SmokeBook.Server) {
    guard !Task.isCancelled, loads[server] != nil else { return }
    loads[server]?.state = state
    askPods(of: server.deployment)
    ask(for: server.deployment)
    beginWaitingLoads()
  }

  // MARK: The form of the requests

  /// What the requests look like; no body where the profile alone says that.
  private struct Form { let body: String? }

  /// Returns the smoke request, or what is made of the inputs that the model names, if it names any; nil when cancelled.
  ///
  /// Pods that cannot be reached are waited for, as for a smoke request: they have not failed under load.
  private func form(for server: SmokeBook.Server) async -> Form? {
    if let smoke = model(of: server)?.smoke { return Form(body: smoke) }
    var pause = Duration.seconds(1)
    while !Task.isCancelled {
      if let form = await forms(of: servingPods(of: server), server).first { return form }
      guard (try? await Task.sleep(for: pause)) != nil else { return nil }
      pause = min(pause * 2, Self.longestPause)
    }
    return nil
  }

  /// Asks each pod what its model takes; returns nothing when one of them says nothing.
  private func forms(of asked: [ServingPod], _ server: SmokeBook.Server) async -> [Form] {
    var forms: [Form] = []
    for pod in asked.prefix(PodLoad.mostPods) {
      let model = podModel(pod, of: server)
      do throws(PodSilence) {
        let answer = try await model.answer(to: model.request(), by: pods)
        let isTold = answer.status == 200 && forms.isEmpty
        forms.append(Form(body: isTold ? await PodLoad.form(answer.body) : nil))
      } catch {
        guard error.isTooMuch else {
          note(error.words(of: pod, "said what it takes"), of: server)
          return []
        }
        forms.append(Form(body: nil))
      }
    }
    return forms
  }
}

extension ClusterRuntime.Load {
  fileprivate var isUnderWay: Bool { if case .underWay = state { true } else { false } }
}
