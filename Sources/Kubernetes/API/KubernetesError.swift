/// An answer of the API that is no success: what was asked, and what the server said about it.
package struct KubernetesError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// The object, or the namespace that it would be in.
    case notFound
    /// The server knows no such kind of objects: its definition is not installed.
    case unknownType
    case alreadyExists
    /// Other field managers own what was to be changed.
    case conflict([FieldConflict])
    /// The object has changed since it was read, or is another one by now.
    case stale
    /// The account has no right to do this, a quota is used up, or a policy speaks against it.
    case forbidden
    /// The credentials are not accepted.
    case unauthorized
    /// What was sent is wrong, and would be wrong again.
    case invalid
    /// What is asked for is too old for the server to know: the list has to be read anew.
    case expired
    /// The server or what it asks has no answer now; sending it again may help.
    case unavailable
    /// No whole answer came.
    case unreachable
  }

  /// A field that another manager owns.
  package struct FieldConflict: Equatable, Sendable {
    /// As the server writes it: ".spec.rules".
    package let field: String
    /// The server's words, which name the manager.
    package let message: String
  }

  package let kind: Kind
  /// "PATCH inferenceservices demo/iris".
  package let operation: String
  /// The server's words, bounded; outside text that no code reads.
  package let message: String
  /// After which time the server wants to be asked again.
  package let retryAfter: Duration?

  package var description: String { "kubernetes: \(operation): \(message)" }

  /// Whether the same request may succeed later, without anything being changed.
  package var isTransient: Bool { [.unavailable, .unreachable].contains(kind) }

  init(_ kind: Kind, _ operation: String, _ message: String, retryAfter: Duration? = nil) {
    self.kind = kind
    self.operation = operation
    self.message = String(message.prefix(Self.longestMessage))
    self.retryAfter = retryAfter
  }

  /// A list of wrong fields fits; a page of a proxy does not.
  static let longestMessage = 1000
}
