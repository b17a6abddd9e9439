/// One answer of a revision that counted as an error, which says why in the model's own words.
///
/// It is kept beside a decision for people; nothing is decided on it.
package struct ErrorSample: Equatable, Sendable, Codable {
  /// The status of the answer, 500 or more.
  package let status: Int
  /// How its body begins, fit to be shown; empty when it had none or could not be kept.
  package let body: String
  package let at: Instant

  /// As much as a person reads in a line or two; of the body so many bytes are looked at.
  package static let longestBody = 200

  package init(status: Int, body: String, at: Instant) {
    self.status = status
    self.body = String(body.unicodeScalars.prefix(Self.longestBody))
    self.at = at
  }
}
