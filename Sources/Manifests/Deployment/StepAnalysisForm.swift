import Encoding
import Rollouts

/// `analysis` of a step: the window in which it is judged, beside what `spec.analysis` says of all steps.
enum StepAnalysisForm {
  static let summary =
    "How many requests this step takes, and how long it may go without any. Default: as spec.analysis says."

  static let form: Form<StepAnalysis> = .object(
    optional(
      "minRequests", AnalysisForm.requests, "The requests below which this step is inconclusive."),
    optional("noDataAfter", AnalysisForm.silence, "How long this step may go without data."),
    misplaced: Misplaced(
      keys: ofTheRollout, why: "is one for the whole rollout, and no step has its own",
      hint: "write it in spec.analysis")
  ) { fields, minRequests, noDataAfter in
    guard minRequests != nil || noDataAfter != nil else {
      // Of a key that does not belong here enough was said.
      if fields.areKnown {
        fields.error(
          "neither minRequests nor noDataAfter is given",
          hint: "give one of them, or remove analysis")
      }
      return nil
    }
    return StepAnalysis(minRequests: minRequests, noDataAfter: noDataAfter)
  }

  /// The guarantee is one number over all steps, so that what it rests on is one, too.
  private static let ofTheRollout: Set<String> = {
    guard case .object(let all) = AnalysisForm.form.schema["properties"] else { return [] }
    return Set(all.keys).subtracting(["minRequests", "noDataAfter"])
  }()
}
