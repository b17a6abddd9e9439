import Encoding
import Rollouts

/// `spec.slices`: requests that are judged in groups of their own, so that a bad one is found although the average is
/// fine.
enum SlicesForm {
  static let form: Form<Slices> = .object(
    required(
      "by", AffinityForm.outside,
      "What names the slice of a request: a tenant, a country, a client's version."),
    defaulted(
      "worst", Form.integer(1...Slices.most), default: 20,
      "How many values are told apart at most; all others together are a slice more.")
  ) { _, by, worst in Slices(by: by, worst: worst) }
}
