import Foundation

/// The body of a refusal, where it is one of the API's own; a proxy and an overloaded server send plain text.
struct StatusAnswer: Decodable {
  struct Details: Decodable {
    let causes: [Cause]?
    let retryAfterSeconds: Int?
  }

  struct Cause: Decodable {
    let reason: String?
    let message: String?
    let field: String?
  }

  struct Metadata: Decodable { let `continue`: String? }

  let kind: String
  let metadata: Metadata?
  let message: String?
  let reason: String?
  let details: Details?
  let code: Int?

  /// Whether an apply has a field that the server does not know, or of another type.
  ///
  /// The server calls that an error of its own, with a code of 500 and no reason; an etcd that is away looks the same but
  /// for the message.
  var isAboutFields: Bool {
    reason == nil && message?.hasPrefix("failed to create typed patch object") == true
  }

  /// Returns the answer that a body holds; nil when it holds something else.
  init?(_ body: [UInt8]) {
    guard let status = try? JSONDecoder().decode(StatusAnswer.self, from: Data(body)),
      status.kind == "Status"
    else { return nil }
    self = status
  }
}

extension KubernetesError {
  /// Reads an answer that is no success.
  init(
    _ code: Int, _ headers: [(name: String, value: String)], _ body: [UInt8], _ operation: String
  ) {
    let status = StatusAnswer(body)
    let header = headers.first { $0.name == "retry-after" }.flatMap { Int($0.value) }
    let wait = Self.wait(header ?? status?.details?.retryAfterSeconds)
    let text = String(decoding: body.prefix(Self.longestMessage), as: UTF8.self)
    self.init(
      Self.kind(code, status), operation,
      status?.message ?? "\(code) \(text.trimmingCharacters(in: .whitespacesAndNewlines))",
      retryAfter: wait)
  }

  /// How long to wait for a server that asks for so many seconds.
  static func wait(_ seconds: Int?) -> Duration? {
    seconds.map { .seconds(min(max($0, 0), Self.longestRetryAfter)) }
  }

  /// In seconds: a server, or whoever answers in its place, does not put Serin off for an hour.
  private static let longestRetryAfter = 30

  /// An ERROR event of a watch, or a refusal; `code` is HTTP's.
  static func kind(_ code: Int, _ status: StatusAnswer?) -> Kind {
    switch code {
    case 401: .unauthorized
    case 403: .forbidden
    case 404: status?.details == nil ? .unknownType : .notFound
    case 409: conflict(status)
    case 410: .expired
    case 429, 502, 503, 504: .unavailable
    case 500...599: status?.isAboutFields == true ? .invalid : .unavailable
    default: .invalid
    }
  }

  private static func conflict(_ status: StatusAnswer?) -> Kind {
    guard status?.reason != "AlreadyExists" else { return .alreadyExists }
    let causes = (status?.details?.causes ?? []).filter { $0.reason == "FieldManagerConflict" }
    guard !causes.isEmpty else { return .stale }
    return .conflict(
      causes.map { FieldConflict(field: $0.field ?? "", message: $0.message ?? "") })
  }
}
