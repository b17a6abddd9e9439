package import Encoding
/// Where to ask for a model to be trained again, and how.
package struct RetrainingSettings: Equatable, Sendable {
  /// https, or http on this machine; with holes in its path and query alone.
  package let url: Template
  package let headers: [RetrainingHeader]
  package let body: RetrainingBody
  /// For how long nobody is asked again about the same deployment.
  package let coolDown: Duration
  /// How long one request may take.
  package let timeout: Duration
  /// The certificates to trust instead of the system's.
  package let caFile: String?
}

/// A header of the request: its value, or the file that holds it.
package struct RetrainingHeader: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case text(String)
    /// The secret in a file, behind a word like "Bearer".
    case file(String, scheme: String?)
  }

  package let name: String
  package let value: Value
}

/// The JSON of the request, with the event itself or parts of it in its places.
package indirect enum RetrainingBody: Equatable, Sendable {
  /// The whole CloudEvent.
  case event
  case text(Template)
  case constant(JSONValue)
  case list([RetrainingBody])
  case object([String: RetrainingBody])

  /// Returns the JSON to send; whatever fills a hole is escaped when it is written.
  package func filled(
    with event: JSONValue, _ value: (Template.Hole) -> String
  ) -> JSONValue {
    switch self {
    case .event: event
    case .text(let template): .string(template.filled(value))
    case .constant(let constant): constant
    case .list(let items): .array(items.map { $0.filled(with: event, value) })
    case .object(let members): .object(members.mapValues { $0.filled(with: event, value) })
    }
  }
}
