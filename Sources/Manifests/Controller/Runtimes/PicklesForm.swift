import Encoding

/// What becomes of a model whose pickles import what a model has no use for.
package enum UnsafePickles: String, CaseIterable, Sendable { case ignore, report, reject }

/// `local.pickles` of a runtime.
enum PicklesForm {
  static let form: Form<UnsafePickles> = .object(
    defaulted(
      "unsafe", Form.word(UnsafePickles.allCases.map { ($0.rawValue, $0) }),
      default: .string(Defaults.unsafePickles.rawValue),
      "What becomes of a model whose pickles import what runs programs.")
  ) { _, unsafe in unsafe }
}
