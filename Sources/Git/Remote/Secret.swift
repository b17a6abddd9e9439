/// A password, a token or a key: shown nowhere, also not by a debugger or an error that holds it.
package struct Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let text: String

  package init(_ text: String) { self.text = text }

  /// Returns the secret itself, for the one call that needs it.
  package func reveal() -> String { text }

  package var description: String { "***" }
  package var debugDescription: String { "***" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
