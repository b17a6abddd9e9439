import Encoding
import Rollouts

/// `spec.slices`: requests that are judged in groups of their own, so that a bad one is found although the average is
/// fine.
enum SlicesForm {
  static let form: Form<Slices> = .object(
    required(
      "by", key, "What names the slice of a request: a tenant, a country, a client's version."),
    defaulted(
      "worst", Form.integer(1...Slices.most), default: 20,
      "How many values are told apart at most; all others together are a slice more.")
  ) { _, by, worst in Slices(by: by, worst: worst) }

  private static let key: Form<SliceKey> = .choice(
    required(
      "header", StrategyForm.field("a header").map { .header(name: $0.lowercased()) },
      "The value of this request header."),
    required(
      "cookie", StrategyForm.field("a cookie").map { .cookie(name: $0) },
      "The value of this cookie."),
    required(
      "json", AffinityForm.path.map { .json(path: $0) },
      "The text, number or boolean in the body of a request under these keys, like parameters.tenant."
    ),
    required(
      "input", input.map { .input(name: $0) },
      "The value that this input of a request has in all its rows."))

  /// The longest name of an input, in bytes.
  private static let longestInput = 100

  private static let input: Form<String> = .scalar(
    "the name of an input", example: "write it like tenant",
    schema: [
      "type": "string", "minLength": 1, "maxLength": .number(longestInput),
      "pattern": #"^[ !#-\[\]-~]+$"#,
    ]
  ) { scalar throws(TextRefusal) in
    guard scalar.text.wholeMatch(of: /[ !#-\[\]-~]{1,100}/) != nil else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not the name of an input",
        hint: "1 to \(longestInput) characters of ASCII, without quotes and backslashes")
    }
    return scalar.text
  }
}
