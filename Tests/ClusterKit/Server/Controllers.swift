package import Encoding

// What KServe and a gateway say of objects, where none of them runs.

/// The statuses that controllers write when all is well.
package enum ControllerStatus {
  /// An InferenceService that has loaded its model and takes requests.
  package static let ready: JSONValue = [
    "conditions": [
      ["type": "Ready", "status": "True"], ["type": "PredictorReady", "status": "True"],
    ],
    "modelStatus": ["transitionStatus": "UpToDate", "states": ["activeModelState": "Loaded"]],
  ]

  /// An InferenceService whose model cannot be loaded.
  package static let failed: JSONValue = [
    "conditions": [
      ["type": "Ready", "status": "False"], ["type": "PredictorReady", "status": "False"],
    ],
    "modelStatus": [
      "transitionStatus": "BlockedByFailedLoad",
      "states": ["activeModelState": "FailedToLoad"],
      "lastFailureInfo": ["reason": "ModelLoadFailed", "message": "no such tensor"],
    ],
  ]

  package static func isReady(_ server: JSONValue) -> Bool {
    let conditions = server[path: "status", "conditions"]?.items ?? []
    return conditions.contains { $0["type"] == "Ready" && $0["status"] == "True" }
  }

  /// Whether anything has been said of an InferenceService.
  package static func isSpoken(of server: JSONValue) -> Bool {
    server[path: "status", "conditions"] != nil
  }

  /// A route that its gateway has taken, as it is now.
  package static func accepted(_ route: JSONValue) -> JSONValue {
    let generation = route[path: "metadata", "generation"] ?? 0
    let conditions: [JSONValue] = ["Accepted", "ResolvedRefs"].map {
      [
        "type": .string($0), "status": "True", "reason": .string($0), "message": "",
        "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
      ]
    }
    let parent = route[path: "spec", "parentRefs"]?.items.first ?? ["name": "models"]
    return [
      "parents": [
        [
          "parentRef": parent, "controllerName": "serin.dev/test",
          "conditions": .array(conditions),
        ]
      ]
    ]
  }

  package static func isAccepted(_ route: JSONValue) -> Bool {
    isCurrent(route[path: "status", "parents"]?.items.first, of: route)
  }

  /// A policy that the gateways have taken on which its route hangs.
  package static func accepted(_ policy: JSONValue, of route: JSONValue) -> JSONValue {
    refused(policy, of: route, nil)
  }

  /// A policy that these gateways do not take, with the reason why; without one it is taken.
  package static func refused(
    _ policy: JSONValue, of route: JSONValue, _ reason: String?
  ) -> JSONValue {
    let condition: JSONValue = [
      "type": "Accepted", "status": reason == nil ? "True" : "False",
      "reason": .string(reason ?? "Accepted"), "message": "",
      "observedGeneration": policy[path: "metadata", "generation"] ?? 0,
      "lastTransitionTime": "2026-01-01T00:00:00Z",
    ]
    let parents = route[path: "spec", "parentRefs"]?.items ?? []
    let ancestors = parents.map { parent -> JSONValue in
      [
        "ancestorRef": parent, "controllerName": "serin.dev/test", "conditions": [condition],
      ]
    }
    return ["ancestors": .array(ancestors)]
  }

  package static func isTaken(_ policy: JSONValue) -> Bool {
    isCurrent(policy[path: "status", "ancestors"]?.items.first, of: policy)
  }

  private static func isCurrent(_ said: JSONValue?, of object: JSONValue) -> Bool {
    let condition = said?["conditions"]?.items.first
    return condition?["observedGeneration"] == object[path: "metadata", "generation"]
  }
}

extension ClusterServer {
  /// Says of every InferenceService that it is ready and of every route that it is taken, until it is cancelled.
  ///
  /// - Parameters:
  ///   - pause: How long it does not look.
  ///   - note: Hears the name of each server before it is ready.
  package func speakForControllers(
    every pause: Duration, _ note: (String) -> Void = { _ in }
  ) async {
    while !Task.isCancelled {
      for server in objects(of: .inferenceServices) where !ControllerStatus.isSpoken(of: server) {
        note(server.name)
        say(ControllerStatus.ready, of: server, .inferenceServices)
      }
      for route in objects(of: .httpRoutes) where !ControllerStatus.isAccepted(route) {
        say(ControllerStatus.accepted(route), of: route, .httpRoutes)
      }
      for policy in objects(of: .backendTrafficPolicies) where !ControllerStatus.isTaken(policy) {
        guard let route = object(.httpRoutes, policy.namespace, policy.name) else { continue }
        say(ControllerStatus.accepted(policy, of: route), of: policy, .backendTrafficPolicies)
      }
      try? await Task.sleep(for: pause)
    }
  }

  private func say(_ status: JSONValue, of object: JSONValue, _ type: TypeID) {
    writeStatus(type, object.namespace, object.name, status)
  }
}
