import Inferences
import Rollouts

/// What pods answered to smoke requests in this life, and which servers need to answer none any more.
///
/// A server is like a new cook, whose first dishes are tasted, and who cooks on untasted after that. It is proven when all
/// of its pods that are ready have answered as expected. Pods that come later serve the same model, and the cluster
/// sends them requests at once, whether somebody has asked them or not.
struct SmokeBook: Sendable {
  /// What serves one revision, for as long as its object is there.
  struct Server: Hashable, Sendable {
    let deployment: DeploymentName
    let revision: Revision.ID
    /// The object's uid: one that is made anew has shown nothing.
    let uid: String
  }

  enum Outcome: Equatable, Sendable {
    case right
    case wrong(String)
    /// Nothing came that is the model's own word.
    case unanswered(String)
  }

  private enum Page {
    case asked([ServingPod.Life: Outcome])
    case proven
  }

  private var pages: [DeploymentName: [Server: Page]] = [:]

  /// Forgets the servers of a deployment that are not there any more.
  mutating func keep(_ servers: Set<Server>, of deployment: DeploymentName) {
    guard let known = pages[deployment] else { return }
    let kept = known.filter { servers.contains($0.key) }
    pages[deployment] = kept.isEmpty ? nil : kept
  }

  /// Notes what one of a server's pods answered, and forgets pods that are gone.
  mutating func note(
    _ outcome: Outcome, of life: ServingPod.Life, among pods: [ServingPod], of server: Server
  ) {
    guard !isProven(server) else { return }
    var outcomes = outcomes(of: server).filter { item in pods.contains { $0.life == item.key } }
    outcomes[life] = outcome
    pages[server.deployment, default: [:]][server] = .asked(outcomes)
  }

  /// Notes that a server is asked no more.
  mutating func prove(_ server: Server) { pages[server.deployment, default: [:]][server] = .proven }

  func isProven(_ server: Server) -> Bool {
    if case .proven = pages[server.deployment]?[server] { true } else { false }
  }

  /// Whether a pod is to be asked, for the first time or again.
  func isOpen(_ life: ServingPod.Life, of server: Server) -> Bool {
    switch outcomes(of: server)[life] {
    case nil, .unanswered: !isProven(server)
    case .right, .wrong: false
    }
  }

  /// What its pods make of a server: one wrong answer is enough, and all have to be right.
  ///
  /// As many as are wanted have to be there: one of which nothing was heard yet could be wrong.
  func readiness(of server: Server, with pods: [ServingPod], wanted: Int) -> Readiness {
    if isProven(server) { return .ready }
    let known = outcomes(of: server)
    let outcomes = pods.map { known[$0.life] }
    for case .wrong(let why) in outcomes { return .failed("\(SmokeRequest.operation): \(why)") }
    for case .unanswered(let why) in outcomes { return .preparing(why) }
    guard pods.count >= wanted else {
      return .preparing("\(pods.count) of \(wanted) pods are ready to be asked a smoke inference")
    }
    return outcomes.allSatisfy { $0 == .right } ? .ready : .preparing(SmokeRequest.progress)
  }

  private func outcomes(of server: Server) -> [ServingPod.Life: Outcome] {
    if case .asked(let outcomes) = pages[server.deployment]?[server] { outcomes } else { [:] }
  }
}
