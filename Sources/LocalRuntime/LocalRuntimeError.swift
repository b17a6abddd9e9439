/// What the local runtime could not do: what was tried, on what, and what the system answered.
package struct LocalRuntimeError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// A program that serving needs is not installed.
    case missingTool
    /// Asked for something that must not be done: an older plan, a name that is no name.
    case refused
    /// Another controller has this folder.
    case locked
    case file
    /// A file that finds no room on the disk.
    case full
    case process
    /// Envoy does not run, or does not answer.
    case envoy
    /// Somebody else listens where clients are to be answered.
    case addressTaken
    /// Envoy answered, and does not accept its configuration.
    case rejected
    /// The artifact is not what the manifest says; looking again will not help.
    case artifact
    /// The artifact is not there; its upload may still be under way.
    case missing
    /// The artifact could not be fetched now; it may be possible later.
    case unreachable
    /// It would be more than its namespace may have; room may be made.
    case quota
    /// A model server does not do what it should.
    case server
  }

  package let kind: Kind
  /// "start envoy", "read /srv/models/8".
  package let operation: String
  package let message: String

  package var description: String { "local runtime: \(operation): \(message)" }

  /// What a person who reads a deployment's status needs: the same, without the subsystem.
  package var reason: String { "\(operation): \(message)" }

  package init(_ kind: Kind, _ operation: String, _ message: String) {
    self.kind = kind
    self.operation = operation
    self.message = message
  }
}
