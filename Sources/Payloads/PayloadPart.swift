package import Rollouts

/// One half of an inference, as KServe's payload logger sends it: a request, or what was answered.
package struct PayloadPart: Equatable, Sendable {
  package enum Side: String, Sendable {
    case request = "org.kubeflow.serving.inference.request"
    case response = "org.kubeflow.serving.inference.response"
  }

  /// What is said about who answered.
  package enum Server: Equatable, Sendable {
    /// The extension `modelversion`, which our data plane adds: KServe's logger does not know it.
    case version(String)
    /// Of an InferenceService: `default` is stable, `canary` the candidate.
    case stable, candidate
  }

  package let side: Side
  /// What both halves are called by; labels name it later.
  package let id: String
  package let deployment: DeploymentName
  package let server: Server
  /// Nil when the event does not say.
  package let at: Instant?
  package let body: [UInt8]
  /// The extension `entity`: whom the request was for.
  package let entity: String?

  package init(
    side: Side, id: String, deployment: DeploymentName, server: Server, at: Instant?,
    body: [UInt8], entity: String? = nil
  ) {
    self.side = side
    self.id = id
    self.deployment = deployment
    self.server = server
    self.at = at
    self.body = body
    self.entity = entity
  }
}

/// Why an event was not taken, for whoever sent it.
package enum CloudEventError: Error, Equatable, Sendable, CustomStringConvertible {
  case missing(String)
  case tooLong(String)
  case batch
  case specVersion(String)
  case type(String)
  case endpoint(String)
  case time(String)
  case envelope(PayloadError)
  case base64
  case unknownServer(DeploymentName, PayloadPart.Server)

  package var description: String {
    switch self {
    case .missing(let name): "the event has no attribute `\(name)`"
    case .tooLong(let name):
      "the attribute `\(name)` is longer than \(CloudEventAttributes.longest) bytes"
    case .batch: "events in batches are not taken; send each on its own"
    case .specVersion(let text): "the specversion is \(text.debugDescription), not \"1.0\""
    case .type(let text):
      "the type is \(text.debugDescription), not "
        + "\"\(PayloadPart.Side.request.rawValue)\" or \"\(PayloadPart.Side.response.rawValue)\""
    case .endpoint(let text):
      "the endpoint is \(text.debugDescription), not \"default\" or \"canary\""
    case .time(let text): "the time \(text.debugDescription) is not one by RFC 3339"
    case .envelope(let error): "the event is no JSON object: \(error)"
    case .base64: "data_base64 is not Base64"
    case .unknownServer(let deployment, let server):
      "\(deployment.description.debugDescription) has no \(server)"
    }
  }
}

extension PayloadPart.Server: CustomStringConvertible {
  package var description: String {
    switch self {
    case .version(let text): "version \(text.debugDescription)"
    case .stable: "stable revision"
    case .candidate: "candidate"
    }
  }
}
