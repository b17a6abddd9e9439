import Encoding
package import Foundation

/// Something that happened to an object, for people who look at it: the API keeps it for an hour or so.
package struct ClusterEvent: Sendable {
  let regarding: ObjectReference
  let reason: String
  let note: String
  let isWarning: Bool
  let at: Date

  /// Creates an event; `reason` is one word in capitals and small letters, and `note` is cut at a thousand bytes.
  package init(
    regarding: ObjectReference, reason: some StringProtocol, note: String, isWarning: Bool, at: Date
  ) {
    self.regarding = regarding
    self.reason = String(reason)
    self.note = note
    self.isWarning = isWarning
    self.at = at
  }

  /// An event of a name that no other has.
  func json(_ instance: String) -> JSONValue {
    let name = String(regarding.name.name.prefix(200))
    return [
      "apiVersion": .string(ResourceType.events.apiVersion),
      "kind": .string(ResourceType.events.kind),
      "metadata": [
        "name": .string("\(name).\(UUID().uuidString.lowercased())"),
        "namespace": .string(regarding.name.namespace ?? "default"),
      ],
      "eventTime": .string(MicroTime.text(at)), "reportingController": "serin.dev/controller",
      "reportingInstance": .string(String(instance.prefix(128))), "action": .string(reason),
      "reason": .string(reason), "type": isWarning ? "Warning" : "Normal",
      "regarding": regarding.json, "note": .string(Self.cut(note)),
    ]
  }

  private static func cut(_ text: String) -> String {
    String(decoding: text.utf8.prefix(1000), as: UTF8.self)
  }
}

/// An object that is spoken of.
package struct ObjectReference: Sendable {
  let type: ResourceType
  let name: ObjectName
  let uid: String?

  package init(_ type: ResourceType, _ name: ObjectName, uid: String?) {
    self.type = type
    self.name = name
    self.uid = uid
  }

  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = [
      "apiVersion": .string(type.apiVersion), "kind": .string(type.kind),
      "name": .string(name.name),
    ]
    members["namespace"] = name.namespace.map(JSONValue.string)
    members["uid"] = uid.map(JSONValue.string)
    return .object(members)
  }
}

extension KubernetesClient {
  /// Tells of something that happened to an object.
  package func tell(_ event: ClusterEvent) async throws {
    var call = Call("POST", .events, event.regarding.name.namespace ?? "default")
    call.content = Self.content(event.json(ProcessInfo.processInfo.hostName))
    try await send(call)
  }
}
