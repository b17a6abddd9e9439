/// By what a client's requests stay with one revision.
///
/// The revision is drawn by a hash of the value, and a larger share adds values and takes none away: so a
/// client that has met the candidate meets it again, step after step, until it is rolled back.
package enum Affinity: Hashable, Sendable, Codable {
  /// The value of a request header; requests without it go anywhere.
  case header(name: String)
  /// The value of a cookie that the client brings; requests without it go anywhere.
  case cookie(name: String)
  /// The text or number that stands in the JSON of a request under these keys, one inside the other; requests
  /// without it go anywhere.
  case json(path: [String])

  /// Deeper than people nest what names a client.
  package static let mostKeys = 8
}
