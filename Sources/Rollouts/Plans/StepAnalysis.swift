/// The window in which one step is judged, where the manifest says so of that step.
///
/// All else of the analysis is one for the whole rollout: the guarantee is one number over all steps, and what is
/// assumed of requests does not change between two of them.
package struct StepAnalysis: Equatable, Sendable, Codable {
  /// The requests of the candidate below which the step is inconclusive; nil is as in all steps.
  package let minRequests: Int?
  private let silence: InMilliseconds?

  private enum CodingKeys: String, CodingKey {
    case minRequests
    case silence = "noDataAfter"
  }

  /// Creates a window that says at least one of the two.
  package init(minRequests: Int? = nil, noDataAfter: Duration? = nil) {
    precondition(minRequests != nil || noDataAfter != nil, "a window that says nothing")
    self.minRequests = minRequests
    silence = noDataAfter.map(InMilliseconds.init(wrappedValue:))
  }

  /// How long the step may go without data; nil is as in all steps.
  package var noDataAfter: Duration? { silence?.wrappedValue }
}

extension Deployment {
  /// Returns what a step says of its own window; nil where it says nothing, and outside all steps.
  ///
  /// A step is known by its route. Where an edited manifest has none with this one, the last step rules that gives
  /// no more, as it does for the times.
  func window(in step: Route?) -> StepAnalysis? {
    step.flatMap { route in self.strategy.steps.last { $0.route <= route }?.analysis }
  }

  /// The requests of the candidate below which nothing is proven in a step.
  func minRequests(in step: Route?) -> Int {
    window(in: step)?.minRequests ?? self.analysis.minRequests
  }

  /// The requests of the candidate that are enough to go on with, although little is proven by them.
  ///
  /// Clients that ask for it by a header are few, so that one request is enough there, unless the step says otherwise.
  func minRequestsUnproven(in step: Route?) -> Int {
    step?.isMatch == true ? window(in: step)?.minRequests ?? 1 : minRequests(in: step)
  }
}
