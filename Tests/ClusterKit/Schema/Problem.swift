import Encoding

/// What is wrong with one field, in the words of `k8s.io/apimachinery`.
struct FieldProblem: Equatable {
  enum Reason: String {
    case required = "FieldValueRequired"
    case invalid = "FieldValueInvalid"
    case wrongType = "FieldValueTypeInvalid"
    case notSupported = "FieldValueNotSupported"
    case forbidden = "FieldValueForbidden"
    case tooLong = "FieldValueTooLong"
    case tooMany = "FieldValueTooMany"
    case duplicate = "FieldValueDuplicate"
  }

  let field: String
  let reason: Reason
  let message: String

  /// Whether rules that look at several fields cannot be asked.
  var isBlocking: Bool {
    [.required, .wrongType, .notSupported, .tooLong, .tooMany].contains(reason)
  }

  static func required(_ field: String, _ detail: String = "") -> FieldProblem {
    FieldProblem(
      field: field, reason: .required,
      message: detail.isEmpty ? "Required value" : "Required value: \(detail)")
  }

  static func invalid(_ field: String, _ value: JSONValue, _ detail: String) -> FieldProblem {
    FieldProblem(
      field: field, reason: .invalid, message: "Invalid value: \(value.canonical): \(detail)")
  }

  static func forbidden(_ field: String, _ detail: String) -> FieldProblem {
    FieldProblem(field: field, reason: .forbidden, message: "Forbidden: \(detail)")
  }

  var cause: JSONValue {
    ["reason": .string(reason.rawValue), "message": .string(message), "field": .string(field)]
  }
}
