package import Encoding

// What changes the cluster.
extension KubernetesClient {
  /// What to do about fields that another manager owns.
  package enum Ownership: Sendable {
    /// Leave the object as it is, with an error that names them.
    case respected
    /// Take them over.
    case forced
  }

  /// Makes an object be as it is given, as far as it is given: what was applied before and is missing now goes.
  ///
  /// An object that has a `uid` is never made anew when somebody has deleted it meanwhile; a resource version would
  /// not prevent that.
  package func apply<Object: ClusterObject>(
    _ object: JSONValue, _ type: ResourceType, _ name: ObjectName,
    ownership: Ownership = .respected, isUrgent: Bool = false, as: Object.Type = Object.self
  ) async throws -> Object {
    var call = Call("PATCH", type, name)
    if ownership == .forced { call.query = [("force", "true")] }
    call.content = Self.content(object, "application/apply-patch+yaml")
    call.isUrgent = isUrgent
    return try await decode(call)
  }

  /// Makes the status of an object be as it is given, whoever wrote it before.
  package func applyStatus<Object: ClusterObject>(
    _ status: JSONValue, _ type: ResourceType, _ name: ObjectName, uid: String?,
    as: Object.Type = Object.self
  ) async throws -> Object {
    var call = Call("PATCH", type, name, part: "status")
    call.query = [("force", "true")]
    var metadata: [String: JSONValue] = ["name": .string(name.name)]
    metadata["uid"] = uid.map(JSONValue.string)
    let object: JSONValue = [
      "apiVersion": .string(type.apiVersion), "kind": .string(type.kind),
      "metadata": .object(metadata), "status": status,
    ]
    call.content = Self.content(object, "application/apply-patch+yaml")
    return try await decode(call)
  }

  /// Deletes an object, if it is still the one with this `uid`; one that is gone is no error.
  package func delete(_ type: ResourceType, _ metadata: ObjectMeta) async throws {
    let name = ObjectName(metadata.namespace, metadata.name)
    var call = Call("DELETE", type, name)
    let condition: [String: JSONValue] = metadata.uid.map { ["uid": .string($0)] } ?? [:]
    let options: JSONValue = [
      "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
      "preconditions": .object(condition),
    ]
    call.content = Self.content(options)
    do {
      try await send(call)
    } catch let error as KubernetesError where error.kind == .notFound {
      return
    }
  }

  static func content(
    _ value: JSONValue, _ type: String = "application/json"
  ) -> (type: String, body: [UInt8]) {
    (type, Array(value.canonical.utf8))
  }
}
