import Encoding
import Rollouts

/// `hours` of a mirror: the part of each day in which requests are copied.
enum HoursForm {
  static let summary =
    "When requests are copied, each day; outside these hours the rollout stands still. Default: always."

  static let form: Form<Hours> = .object(
    required("from", time, "When they begin: \"22:00\"."),
    required("to", time, "When they end: \"06:00\", of the next day when that is earlier."),
    optional(
      "offset", offset,
      "How far the clock is from UTC, in summer and winter alike: \"+02:00\". Default: UTC.")
  ) { fields, from, to, offset in
    guard let hours = Hours(from: from, to: to, offset: offset) else {
      fields.error(
        "the hours begin and end at \(from)", on: "to",
        hint: "remove hours to copy requests around the clock")
      return nil
    }
    return hours
  }

  private static let time = clock(
    "a time of day", TimeOfDay.init, pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    hint: "write it like \"22:00\", from \"00:00\" to \"23:59\"")

  private static let offset = clock(
    "an offset from UTC", UTCOffset.init, pattern: "^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$",
    hint:
      "write it like \"+02:00\", at most 14 hours; a place is no offset, since its clocks change")

  /// What a clock shows, and its pattern for a schema.
  private static func clock<Value: Sendable>(
    _ what: String, _ read: @escaping @Sendable (String) -> Value?, pattern: String, hint: String
  ) -> Form<Value> {
    .scalar(what, example: hint, schema: ["type": "string", "pattern": .string(pattern)]) {
      scalar throws(TextRefusal) in
      guard let value = read(scalar.text) else {
        throw TextRefusal(message: "\"\(scalar.text.shortened)\" is not \(what)", hint: hint)
      }
      return value
    }
  }
}
