import Ledger
import Logging

/// Something that a person has to look at: said once when it begins, and once when it is over.
struct Alarm {
  private let logger: Logger
  private var said: (message: String, details: Logger.Metadata)?

  init(logger: Logger) { self.logger = logger }

  /// What is wrong; nil when nothing is.
  var message: String? { said?.message }

  mutating func raise(_ message: String, _ details: Logger.Metadata) {
    guard said?.message != message || said?.details != details else { return }
    said = (message, details)
    logger.error("\(message)", metadata: details)
  }

  mutating func settle() {
    guard said != nil else { return }
    said = nil
    logger.info("the ledger's branch is as it was: decisions are published again")
  }
}

extension Alarm {
  /// Says that the remote's commits are not obeyed.
  mutating func raise(_ distrust: Distrust, at standing: Standing) {
    let what =
      switch distrust.cause {
      case .unverified: "cannot be verified"
      case .tooLarge: "holds what is too large to be read"
      }
    raise(
      "the ledger's branch \(what): it is not obeyed, and decisions are no longer published",
      [
        "remote": "\(standing.remote ?? "none")", "commit": "\(distrust.commit)",
        "record": "\(distrust.ledgerSeq)", "why": "\(CommitMessage.line(distrust.why))",
        "to-do": "\(distrust.toDo)",
      ])
  }
}
