/// What holds the value that names a request's slice.
///
/// The first three are written in plans and records as those of `Affinity` are.
package enum SliceKey: Hashable, Sendable, Codable {
  case header(name: String)
  case cookie(name: String)
  /// The text, number or boolean that stands in the JSON of a request under these keys, one inside the other.
  case json(path: [String])
  /// The one value that this input of a request has in all its rows.
  case input(name: String)

  /// Whether the value is in the body of a request: who captures it need not look for it.
  package var isInBody: Bool {
    switch self {
    case .header, .cookie: false
    case .json, .input: true
    }
  }
}
