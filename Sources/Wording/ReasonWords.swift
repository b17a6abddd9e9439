package import Rollouts

// Every reason in words, once.

extension Reason {
  /// The reason in one sentence, with the numbers of the decision that it is of.
  func sentence(about decision: some Explained) -> String {
    manifestSentence(decision) ?? runtimeSentence(decision) ?? checkSentence(decision)
      ?? driftSentence(decision) ?? groupSentence(decision) ?? ""
  }

  /// In a few words, without the decision that it was of: "errors 52%".
  package var brief: String {
    switch self {
    case .broken(let breach): breach.brief
    case .predictionsMoved(let shift): "predictions moved" + (shift.map { ": \($0.words)" } ?? "")
    case .evidenceMounts: "evidence against it mounts"
    case .inconclusive: "inconclusive"
    case .contractMoved: "it declares to expect other inputs"
    case .notLoaded(let obstacle): obstacle.words
    case .failed: "it failed"
    case .lost(let goal): "it lost on \(goal.metric)"
    case .outdone(let winner): "v\(winner.version) took over"
    case .sliceBroken(let breach): breach.brief
    default: checkBrief
    }
  }

  private var checkBrief: String {
    guard case .noData(let missing, let milliseconds) = self else { return "rejected" }
    return missing.words(for: .milliseconds(milliseconds))
  }

  private func manifestSentence(_ decision: some Explained) -> String? {
    let name = decision.name
    return switch self {
    case .firstToServe: "\(name) is the first to serve"
    case .replaces(let stable, let withBaseline):
      "\(name) is to replace \(stable)" + (withBaseline ? ", beside a fresh copy of it" : "")
    case .comesBack(let stable):
      "\(name) was stable before \(stable), and is to replace it at once"
    case .triedAgain(let reason):
      "nothing serves: \(name) was stable once and is tried again, although it was rejected "
        + "(\(reason.brief))"
    case .supersedes(let candidate, let atOnce):
      "\(name) supersedes \(candidate)"
        + (atOnce ? ", and was stable before: it comes back at once" : "")
    case .noLongerAskedFor(let stable):
      "the manifest no longer asks for it: "
        + (stable.map { "back to \($0)" } ?? "there is nothing to go back to")
    case .removed: "the manifest was removed"
    case .suspended: "suspended in the manifest"
    case .noLongerSuspended: "no longer suspended"
    case .refused(let reason, let serving): refusal(reason, serving, decision)
    case .stableAskedForAgain: "the manifest asks for \(name) again, which serves"
    case .moreAskedFor: "the manifest asks for more than the steps"
    case .outsideHours(let hours): "it is outside the hours of copies, \(hours.words)"
    case .withinHours(let hours):
      hours.map { "it is within the hours of copies, \($0.words)" }
        ?? "the manifest asks for copies at all hours"
    case .hurriedBack(let stable): "it was stable before \(stable), and is to come back at once"
    default: nil
    }
  }

  private func refusal(
    _ reason: Reason, _ serving: RevisionName?, _ decision: some Explained
  ) -> String {
    let version = decision.revision.map { "v\($0.model.version)" } ?? "it"
    let rejected = "\(version) was rejected (\(reason.brief)\(decision.detailWords))"
    return serving.map {
      "\(rejected), so v\($0.version) serves on; raise model.retry to try it again"
    } ?? "nothing serves: \(rejected); name another version, or raise model.retry to try it again"
  }

  private func runtimeSentence(_ decision: some Explained) -> String? {
    let (name, detail) = (decision.name, decision.detailWords)
    return switch self {
    case .unloaded: "the old revision is unloaded"
    case .loaded: "loaded, ready and answering"
    case .servesAgain: "\(name) serves again"
    case .drained: "drained and unloaded"
    case .readyAgain: "\(name) is ready again"
    case .notLoaded(let obstacle): obstacle.words + detail
    case .notRestored(.failed): "\(name) cannot be loaded again\(detail)"
    case .notRestored(let obstacle): "\(name) cannot be loaded again: \(obstacle.words)\(detail)"
    case .baselineNotLoaded(let baseline, .failed):
      "the baseline \(baseline) cannot be loaded\(detail)"
    case .baselineNotLoaded(let baseline, let obstacle):
      "the baseline \(baseline) is \(obstacle.words)\(detail)"
    case .baselineFailed(let baseline): "the baseline \(baseline) failed\(detail)"
    case .failed: "\(name) failed\(detail)"
    case .splitWrong(let candidate, let all, let asked):
      "the candidate got \(candidate) of \(all) requests instead of \(asked)"
    case .entitiesSplitWrong(let candidate, let all, let asked):
      "the candidate got \(candidate) of \(all) entities instead of \(asked): they cannot be compared"
    case .ledgerBehind:
      "the runtime is ahead of the ledger: a decision could not be recorded and was lost"
    default: nil
    }
  }

  private func checkSentence(_ decision: some Explained) -> String? {
    switch self {
    case .broken(let breach):
      (breach.isOfServer ? decision.crash.map { "\($0.summary); " } ?? "" : "")
        + decision.checks.sentence(of: breach)
        + (breach.hasWayBack ? "" : "; there is no earlier revision to go back to")
    case .sliceBroken(let breach): breach.sentence(about: decision)
    case .keptAgain:
      "kept again: " + decision.checks.map(\.summary).joined(separator: "; also ")
    case .noLongerPromised: "what was broken is no longer promised"
    case .evidenceMounts(let ground):
      "evidence against it mounts: \(decision.summary(of: ground))"
    case .inconclusive(let ground): decision.summary(of: ground)
    case .noData(let missing, let milliseconds): missing.words(for: .milliseconds(milliseconds))
    case .dataAgain: "there is something to judge by again"
    case .goesOn(let warrant): warrant.sentence(about: decision)
    case .noBake: "no bake is asked for"
    case .lost(let goal): "it loses: \(decision.goal?.summary ?? goal.metric)"
    case .outdone(let winner): "\(winner) takes over"
    case .stepsDone:
      "the manifest asks for no more than this: \(decision.checks.progress())"
    default: nil
    }
  }

  private func driftSentence(_ decision: some Explained) -> String? {
    switch self {
    case .predictionsMoved: decision.summary(of: DriftReport.Subject.predictions)
    case .inputsMoved(let days): decision.summary(of: .inputs) + Self.duration(days)
    case .contractMoved:
      "\(decision.name) declares to expect other inputs: \(decision.summary(of: .inputs))"
    case .inputsUnlikeProfile: "the inputs are not what the model was trained on"
    case .inputsLikeProfile: "the inputs are like the profile again"
    case .outputsMoved(let days): decision.summary(of: .outputs) + Self.duration(days)
    case .outputsLikeProfile: "the outputs are like the profile again"
    default: nil
    }
  }

  /// "; for 2 days", or nothing before it was said.
  private static func duration(_ days: Int?) -> String {
    days.map { "; for \($0) day\($0 == 1 ? "" : "s")" } ?? ""
  }
}

extension Reason.Obstacle {
  var words: String {
    switch self {
    case .failed: "it cannot be loaded"
    case .notReady(let milliseconds):
      "not ready within \(Duration.milliseconds(milliseconds).shortDescription)"
    }
  }
}

extension Reason.Missing {
  func words(for duration: Duration) -> String {
    switch self {
    case .requests: "no requests to judge by for \(duration.shortDescription)"
    case .samples: "no samples to judge drift by for \(duration.shortDescription)"
    case .pairs: "no pairs of answers to compare for \(duration.shortDescription)"
    case .entities:
      "no request named an entity, as the affinity asks, for \(duration.shortDescription)"
    case .traffic: "the traffic asked for is not seen in force, or cannot be counted"
    }
  }
}

extension Reason.Shift {
  /// "amount is 500 or more for 32% instead of 10%".
  var words: String { "\(column) is \(bin) for \(share.short) instead of \(expected.short)" }
}

extension Reason.Warrant {
  func sentence(about decision: some Explained) -> String {
    let isLastStep = decision.verdict == .promote
    let predictions = decision.drift.first { isLastStep && $0.subject == .predictions }
    let also = predictions.map { "; \($0.summary)" } ?? ""
    let goal = decision.goal.map { "\($0.summary); " } ?? ""
    let progress = goal + decision.checks.progress() + also
    return switch self {
    case .noObjectives: "no objectives to meet"
    case .noRequests: "no client sent a request to judge by"
    case .proven: progress
    case .first: "the first to serve: nothing to compare with; \(progress)"
    case .won: "it wins: \(progress)"
    case .clean: "nothing speaks against it, \(progress)"
    case .policy: "inconclusive, but onInconclusive is promote, \(progress)"
    case .asked: "the manifest no longer asks for a preview, \(progress)"
    }
  }
}
