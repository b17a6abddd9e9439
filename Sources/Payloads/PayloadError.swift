/// Why the body of a request or an answer could not be read.
package struct PayloadError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case empty, truncated, noJSON, tooDeep, notFinite, notUTF8, tooManyValues, binary
    case noTensors, wrongShape, otherColumns
  }

  package let kind: Kind
  /// Where it was found, in bytes from the beginning.
  package let offset: Int

  package init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// "byte 17: the body ends in the middle of a value".
  package var description: String {
    kind == .empty ? kind.words : "byte \(offset): \(kind.words)"
  }
}

extension PayloadError.Kind {
  package var words: String {
    switch self {
    case .empty: "the body is empty"
    case .truncated: "the body ends in the middle of a value"
    case .noJSON: "this is not JSON"
    case .tooDeep: "lists and objects lie more than \(PayloadScanner.deepest) deep"
    case .notFinite: "NaN, Infinity and numbers too large for 64 bits are not accepted"
    case .notUTF8: "a text is not UTF-8"
    case .tooManyValues: "there are more than \(PayloadReader.mostValues) values"
    case .binary: "tensors in the binary extension are not read; send them as JSON"
    case .noTensors:
      "it is neither V2 (`inputs` or `outputs`) nor V1 (`instances` or `predictions`)"
    case .wrongShape: "the values are not as many as the shape says"
    case .otherColumns: "the columns are not those of the profile"
    }
  }
}
