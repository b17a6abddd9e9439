import Encoding
import Rollouts

/// `affinity`: by what clients stay with one model.
enum AffinityForm {
  static let form: Form<Affinity> = .choice(header, cookie, json)

  private static let header = required(
    "header", StrategyForm.field("a header").map { Affinity.header(name: $0.lowercased()) },
    "The value of this request header.")
  private static let cookie = required(
    "cookie", StrategyForm.field("a cookie").map { Affinity.cookie(name: $0) },
    "The value of this cookie.")
  private static let json = required(
    "json", path.map { Affinity.json(path: $0) },
    "The text or number in the body of a request under these keys, like parameters.user_id.")

  /// A way to a field of JSON.
  static let path: Form<[String]> = .scalar(
    "keys with dots between them", example: "write it like parameters.user_id",
    schema: [
      "type": "string",
      "pattern": .string(
        "^[A-Za-z0-9_-]{1,100}([.][A-Za-z0-9_-]{1,100}){0,\(Affinity.mostKeys - 1)}$"),
    ]
  ) { scalar throws(TextRefusal) in
    let keys = scalar.text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard keys.count <= Affinity.mostKeys,
      keys.allSatisfy({ $0.wholeMatch(of: /[A-Za-z0-9_-]{1,100}/) != nil })
    else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is no way to a field of JSON",
        hint:
          "up to \(Affinity.mostKeys) keys with dots between them, each of letters, digits, hyphens and "
          + "underscores: parameters.user_id; no places of a list")
    }
    return keys
  }
}
