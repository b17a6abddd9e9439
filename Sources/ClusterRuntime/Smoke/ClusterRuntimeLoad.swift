import HTTP
import Inferences
import Manifests
import Rollouts

// Load tests: pods bear them after their smoke requests, and before any client is sent there.
extension ClusterRuntime {
  /// A server under load, or what came of it.
  struct Load {
    var state: State
    let task: Task<Void, Never>

    enum State: Equatable {
      case underWay(String)
      case borne
      case failed(String)
    }
  }

  /// What a server has to bear by the plan of this moment; nil when that is nothing.
  func loadTest(for server: SmokeBook.Server) -> LoadTest? {
    guard let order = plans[server.deployment]?.loadTest, order.revision == server.revision else {
      return nil
    }
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

  /// Puts a server under load, if that is asked for and has not been done.
  func beginLoad(of server: SmokeBook.Server) {
    guard loads[server] == nil, let test = loadTest(for: server) else { return }
    let task = Task { await bear(test, server) }
    loads[server] = Load(state: .underWay("under load: 0 of \(test.requests) requests"), task: task)
  }

  /// Ends the loads of servers that are not asked to bear any, or are gone.
  func endLoads(of deployment: DeploymentName, but there: Set<SmokeBook.Server>) {
    for (server, load) in loads where server.deployment == deployment {
      guard loadTest(for: server) == nil || !there.contains(server) else { continue }
      load.task.cancel()
      loads[server] = nil
    }
  }

  private func bear(_ test: LoadTest, _ server: SmokeBook.Server) async {
    guard let form = await form(for: server) else { return }
    let bodies = await PodLoad.bodies(form.body, test)
    guard !bodies.isEmpty else {
      return end(.failed("under load: there is no request to send"), server)
    }
    let models = servingPods(of: server).prefix(PodLoad.mostPods).map { podModel($0, of: server) }
    guard !models.isEmpty else { return beginLater(server) }
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
  }

  // MARK: The form of the requests

  /// What the requests look like; no body where the profile alone says that.
  private struct Form { let body: String? }

  /// Returns the smoke request, or what is made of the inputs that the model names, if it names any; nil when cancelled.
  ///
  /// A pod that cannot be reached is waited for, as for a smoke request: it has not failed under load.
  private func form(for server: SmokeBook.Server) async -> Form? {
    if let smoke = model(of: server)?.smoke { return Form(body: smoke) }
    var pause = Duration.seconds(1)
    while !Task.isCancelled {
      if let pod = servingPods(of: server).first {
        let model = podModel(pod, of: server)
        do throws(PodSilence) {
          let answer = try await model.answer(to: model.request(), by: pods)
          guard answer.status == 200 else { return Form(body: nil) }
          return Form(body: await PodLoad.form(answer.body))
        } catch {
          note(error.words(of: pod, "said what it takes"), of: server)
        }
      }
      guard (try? await Task.sleep(for: pause)) != nil else { return nil }
      pause = min(pause * 2, Self.longestPause)
    }
    return nil
  }
}
