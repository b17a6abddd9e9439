import HTTP
import Inferences

/// A smoke request on its way to one pod.
struct PodQuestion: Sendable {
  let request: SmokeRequest
  let model: PodModel
  let timeout: Duration

  /// Sends it, and judges the answer on no actor's time: one of megabytes takes some.
  @concurrent
  func ask(by client: HTTPClient) async -> SmokeBook.Outcome {
    do throws(PodSilence) {
      let answer = try await model.answer(to: httpRequest(), by: client)
      return request.problem(status: answer.status, answer: answer.body)
        .map(SmokeBook.Outcome.wrong) ?? .right
    } catch {
      return error.isTooMuch
        ? .wrong(error.why) : .unanswered(error.words(of: model.pod, "answered a smoke inference"))
    }
  }

  func httpRequest() throws(PodSilence) -> HTTPRequest {
    var http = try model.request("/infer")
    http.infer(Array(request.body.utf8), timeout: timeout)
    return http
  }
}
