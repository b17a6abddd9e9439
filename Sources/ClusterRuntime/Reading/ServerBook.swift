package import Control
import Encoding
import Kubernetes
import Manifests
import Rollouts
import Threads

/// The servers of which payloads are wanted, by their names in the cluster.
///
/// Written by the runtime as it hears of the cluster, and read by whoever takes payloads, which waits for no runtime.
package final class ServerBook: ServerDirectory {
  /// What is known of one deployment's servers.
  typealias Page = [ObjectName: LoggedServer]

  fileprivate struct State {
    var pages: [DeploymentName: Page] = [:]
    var servers: Page = [:]
    /// How many servers have each address.
    var addresses: [String: Int] = [:]
  }

  private let state = Lock(State())
  private let senders: PayloadSenders

  init(_ senders: PayloadSenders) { self.senders = senders }

  /// Notes the servers of a deployment; none when nothing is wanted of it.
  func note(_ page: Page, of deployment: DeploymentName) {
    state.withLock { state in
      let before = state.pages[deployment] ?? [:]
      guard before != page else { return }
      for (name, server) in before {
        state.servers[name] = nil
        for address in server.addresses ?? [] { state.leave(address) }
      }
      for (name, server) in page {
        state.servers[name] = server
        for address in server.addresses ?? [] { state.addresses[address, default: 0] += 1 }
      }
      state.pages[deployment] = page.isEmpty ? nil : page
    }
  }

  func forgetAll() { state.withLock { $0 = State() } }

  package func server(called name: String, in namespace: String) -> LoggedServer? {
    state.withLock { $0.servers[ObjectName(namespace, name)] }
  }

  package func hasServer(at address: String?) -> Bool {
    state.withLock { state in
      senders == .any
        ? !state.servers.isEmpty : address.map { state.addresses[$0] != nil } ?? false
    }
  }
}

extension ServerBook.State {
  fileprivate mutating func leave(_ address: String) {
    let count = (addresses[address] ?? 1) - 1
    addresses[address] = count > 0 ? count : nil
  }
}

// Who its servers are, for those who take their payloads.
extension ClusterRuntime {
  /// Notes where the payloads of a deployment's servers may come from.
  func noteServers(of deployment: DeploymentName) {
    guard let payloads = setup.settings.payloads else { return }
    guard let plan = plans[deployment], plan.isWatched else {
      return book.note([:], of: deployment)
    }
    let pods = Dictionary(grouping: cache.objects(.pods, of: deployment)) { $0.revision }
    let entries = cache.objects(serverTypes[0], of: deployment)
      .filter { $0.belongs(to: deployment, by: setup.owner) && !$0.isGoing }
    let servers = entries.compactMap { entry -> (ObjectName, LoggedServer)? in
      guard let revision = entry.revision else { return nil }
      let addresses = (pods[revision] ?? []).flatMap(\.addresses)
      let server = LoggedServer(
        deployment: deployment, revision: revision, sampling: plan.sampling,
        addresses: payloads.senders == .any ? nil : Set(addresses))
      return (entry.objectName, server)
    }
    book.note(Dictionary(servers) { first, _ in first }, of: deployment)
  }
}

extension ClusterEntry {
  /// The addresses of a pod, of both versions of the protocol.
  fileprivate var addresses: [String] {
    let status = json["status"]
    let all = (status?["podIPs"]?.items ?? []).compactMap { $0["ip"]?.string }
    return all + [status?["podIP"]?.string].compactMap(\.self)
  }
}
