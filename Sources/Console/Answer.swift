import HTTPTypes
import Encoding

/// What a client is told: a status, and one line of JSON or a page of metrics.
struct Answer: Equatable, Sendable {
  let status: HTTPResponse.Status
  let type: String
  let body: String
  var fields: [HTTPField.Name: String] = [:]

  static func json(_ status: HTTPResponse.Status, _ value: JSONValue) -> Answer {
    Answer(status: status, type: "application/json", body: value.canonical + "\n")
  }

  /// A reason in words for the sender, which may hold what the sender wrote.
  static func error(_ status: HTTPResponse.Status, _ why: String) -> Answer {
    json(status, ["error": .string(DisplayText.safe(why))])
  }

  /// This answer, which asks the client to come back in a second.
  var toBeRepeated: Answer { with(.retryAfter, "1") }

  func with(_ name: HTTPField.Name, _ value: String) -> Answer {
    var answer = self
    answer.fields[name] = value
    return answer
  }

  /// The head of the answer, which may be the last one of its connection.
  func head(isLast: Bool) -> HTTPResponse {
    var head = HTTPResponse(status: status)
    head.headerFields[.contentType] = type
    head.headerFields[.contentLength] = String(body.utf8.count)
    head.headerFields[.cacheControl] = "no-store"
    head.headerFields[.xContentTypeOptions] = "nosniff"
    for (name, value) in fields { head.headerFields[name] = value }
    if isLast { head.headerFields[.connection] = "close" }
    return head
  }
}
