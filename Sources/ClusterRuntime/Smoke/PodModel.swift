import HTTP

/// A model in one pod, as somebody who can be asked.
///
/// What it is sent carries nothing of Serin's: no credentials of the API server, no proxy, and no redirection is followed.
struct PodModel: Sendable {
  let pod: ServingPod
  /// What the model is called.
  let name: String
  /// Whether pods may be on this machine.
  let takesLoopback: Bool

  /// More bytes of an answer are not read: as many as of a logged payload.
  static let longestAnswer = 4 << 20
  /// With these a mesh or a proxy in a pod refuses who is a stranger, or has nobody behind it yet.
  private static let statusesOfOthers: Set = [401, 403, 407, 429, 502, 503, 504]

  /// Returns a request for the model, or for what lies below it.
  func request(_ path: String = "") throws(PodSilence) -> HTTPRequest {
    guard let address = PodAddress(pod.address, takesLoopback: takesLoopback) else {
      throw PodSilence(why: "its address is none that a pod has")
    }
    var request = HTTPRequest("http://\(address.host):\(pod.port)/v2/models/\(name)\(path)")
    (request.proxy, request.followsRedirections) = ("", false)
    return request
  }

  /// Returns what the model answers; whoever asks and is cancelled gets silence, too.
  func answer(to request: HTTPRequest, by client: HTTPClient) async throws(PodSilence)
    -> HTTPResponse
  {
    let response: HTTPResponse
    do {
      response = try await client.send(request, limit: Self.longestAnswer)
    } catch let error as HTTPError {
      throw PodSilence(why: error.message, isTooMuch: error.kind == .tooLarge)
    } catch {
      throw PodSilence(why: "\(error)")
    }
    guard !Self.statusesOfOthers.contains(response.status) else {
      throw PodSilence(why: "it answered \(response.status), as a proxy in front of it would")
    }
    return response
  }
}

/// Why a pod has said nothing that is its model's own word.
struct PodSilence: Error, Equatable {
  let why: String
  /// Whether it said more than is read.
  var isTooMuch = false

  /// Says which pod has not done what, and where to look.
  func words(of pod: ServingPod, _ what: String) -> String {
    ("pod \(pod.name) at \(pod.address):\(pod.port) has not \(what): \(why); "
      + "see whether a NetworkPolicy or a mesh keeps Serin from it").inOneLine
  }
}
