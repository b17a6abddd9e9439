/// Why a plan is not carried out: of which deployment, what is in the way, and what to do about it.
package struct ClusterRuntimeError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// What is in the cluster has not been read yet.
    case unread
    /// A newer plan was carried out before.
    case outdated
    /// The object belongs to something else.
    case foreign
    /// Somebody else changes the object again and again.
    case contested
    /// A gateway does not take the object.
    case refused
  }

  package let kind: Kind
  package let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
