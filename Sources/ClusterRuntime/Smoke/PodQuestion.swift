import HTTP
import Inferences

/// A smoke request on its way to one pod.
///
/// It carries nothing of Serin's: no credentials of the API server, no proxy, and no redirection is followed.
struct PodQuestion: Sendable {
  let request: SmokeRequest
  let pod: ServingPod
  /// What the model is called.
  let model: String
  let timeout: Duration
  /// Whether pods may be on this machine.
  let takesLoopback: Bool

  /// More bytes of an answer are not read: as many as of a logged payload.
  static let longestAnswer = 4 << 20

  /// Sends it, and judges the answer on no actor's time: one of megabytes takes some.
  @concurrent
  func ask(by client: HTTPClient) async throws -> SmokeBook.Outcome {
    guard let address = PodAddress(pod.address, takesLoopback: takesLoopback) else {
      return unanswered("its address is none that a pod has")
    }
    do {
      let answer = try await client.send(request(to: address), limit: Self.longestAnswer)
      if Self.statusesOfOthers.contains(answer.status) {
        return unanswered("who stands before it answered \(answer.status)")
      }
      return request.problem(status: answer.status, answer: answer.body)
        .map(SmokeBook.Outcome.wrong) ?? .right
    } catch let error as HTTPError where error.kind == .refused {
      // The request is one that can be sent: what is refused is an answer that is too long.
      return .wrong(error.message)
    } catch let error as HTTPError {
      return unanswered(error.message)
    }
  }

  func request(to address: PodAddress) -> HTTPRequest {
    var http = HTTPRequest("http://\(address.host):\(pod.port)/v2/models/\(model)/infer")
    http.infer(Array(request.body.utf8), timeout: timeout)
    http.proxy = ""
    return http
  }

  /// With these a mesh or a proxy in a pod refuses who is a stranger, or has nobody behind it yet.
  private static let statusesOfOthers: Set = [401, 403, 407, 429, 502, 503, 504]

  private func unanswered(_ why: String) -> SmokeBook.Outcome {
    .unanswered(
      ("pod \(pod.name) at \(pod.address):\(pod.port) has not answered a smoke inference: \(why); "
        + "see whether a NetworkPolicy or a mesh keeps Serin from it").inOneLine)
  }
}
