import Encoding
import Kubernetes
import Manifests

/// A pod that says it answers requests, as somebody who can be asked.
struct ServingPod: Equatable, Sendable {
  let name: String
  let life: Life
  /// What it says its address is; nobody has checked it.
  let address: String
  /// Where its model server listens, behind whatever stands in front of it.
  let port: Int

  /// One run of a pod's server: what it answered says nothing of the next one.
  struct Life: Hashable, Sendable {
    let pod: String
    let restarts: Int
  }

  /// Reads a pod; nil when it is not ready, or on its way out.
  init?(_ entry: ClusterEntry, of kind: ClusterServing) {
    let (json, metadata) = (entry.json, entry.metadata)
    let status = json["status"]
    let isReady = (status?["conditions"]?.items ?? []).contains {
      $0["type"]?.string == "Ready" && $0["status"]?.string == "True"
    }
    guard isReady, !entry.isGoing, let uid = metadata.uid,
      let container = Self.container(json[["spec", "containers"]]?.items ?? [], of: kind)
    else { return nil }
    name = metadata.name
    address = status?["podIP"]?.string ?? ""
    port = Self.port(container) ?? kind.usualPort
    let own = (status?["containerStatuses"]?.items ?? []).first { $0["name"] == container["name"] }
    life = Life(pod: uid, restarts: own?["restartCount"]?.integer ?? 0)
  }

  /// The model server among the containers: what a mesh or KServe puts beside it has a name of its own.
  private static func container(_ all: [JSONValue], of kind: ClusterServing) -> JSONValue? {
    all.first { $0["name"]?.string == kind.serverContainer } ?? all.first
  }

  /// The port that a container declares for HTTP, or else its first one.
  ///
  /// A pod serves on with the settings that it was drawn with, so that its own words go before those of the settings.
  private static func port(_ container: JSONValue) -> Int? {
    let declared = (container["ports"]?.items ?? []).filter {
      ($0["protocol"]?.string ?? "TCP") == "TCP"
        && (1...65535).contains($0["containerPort"]?.integer ?? 0)
    }
    let named = declared.first { $0["name"]?.string?.hasPrefix("http") == true }
    return (named ?? declared.first)?["containerPort"]?.integer
  }
}

extension ClusterServing {
  /// What the container with the model server is called.
  fileprivate var serverContainer: String {
    switch self {
    case .kserve: "kserve-container"
    case .container: RevisionDrawing.serverName
    }
  }

  /// Where a server listens whose container declares no port.
  fileprivate var usualPort: Int {
    switch self {
    case .kserve: 8080
    case .container(let port): port
    }
  }
}
