import Encoding

extension Node.Scalar {
  /// Returns the number or the boolean that is written without quotes; nil for text.
  ///
  /// - Throws: When it is a number that is not whole: no value of ours holds one.
  func constant() throws(TextRefusal) -> JSONValue? {
    guard isPlain else { return nil }
    if let number = Int64(text) { return .int(number) }
    if let boolean = Bool(text) { return .bool(boolean) }
    guard Double(text) == nil else {
      throw TextRefusal(
        message: "\"\(text.shortened)\" is not a whole number",
        hint: "put it in quotes, if text will do")
    }
    return nil
  }
}
