import Encoding
import Rollouts

/// `spec.slos[].disagreement`: when two answers to one request say the same.
enum AgreementForm {
  static let usual = optional("usual", rule, "How outputs that are not named are compared.")

  static let outputs = optional(
    "outputs", Form.map(of: rule), "By the name of an output, how its values are compared.")

  /// Returns what both keys say together.
  static func agreement(
    _ usual: Agreement.Rule?, _ outputs: [String: Agreement.Rule]?
  ) -> Agreement {
    Agreement(usual: usual ?? .usual, outputs: outputs ?? [:])
  }

  private static let rule: Form<Agreement.Rule> = .either(
    scalar: Form.word([("exact", .exact), ("argMax", .argMax)]),
    mapping: .choice(
      required("close", close, "Numbers may differ by absolute + relative * |the old model's|."),
      required(
        "rank", Form.integer(1...1000).map { .rank(first: $0) },
        "So many of the largest numbers of a row stand in the same order.")))

  private static let close: Form<Agreement.Rule> = .object(
    defaulted("absolute", Form.number, default: 0, "In the units of the output."),
    defaulted("relative", Form.number, default: 0, "As a fraction: 0.01 is one percent.")
  ) { fields, absolute, relative in
    for (key, value) in [("absolute", absolute), ("relative", relative)] where value < 0 {
      fields.error("a tolerance is no less than 0", on: key)
    }
    return absolute >= 0 && relative >= 0 ? .close(absolute: absolute, relative: relative) : nil
  }
}
