import Rollouts

/// Why an artifact could not be fetched, and what becomes of it.
struct FetchProblem {
  private let error: any Error

  init(_ error: any Error) { self.error = error }

  /// A team that pushes before it uploads waits little longer than its upload takes.
  static let longestWait: Duration = .seconds(30)

  /// Whether it may be gone at the next attempt.
  ///
  /// A cancellation that is not ours is that of another user who waited for the same artifact.
  var mayPass: Bool {
    guard let error = error as? LocalRuntimeError else { return error is CancellationError }
    return [.missing, .unreachable, .quota, .file, .full].contains(error.kind)
  }

  /// Says what an artifact that could not be fetched is waited for; the same words at each attempt.
  func whatIsAwaited(of model: Model) -> String {
    guard let error = error as? LocalRuntimeError else { return "fetching again: \(error)" }
    return switch error.kind {
    case .missing: "waiting for \(ArtifactSource.shortened(model.uri)): \(error.message)"
    case .quota: "waiting for room: \(error.message)"
    default: "fetching again: \(error.reason)"
    }
  }
}
