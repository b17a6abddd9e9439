import Logging

/// Something that a person has to look at: said once when it begins, and once when it is over.
struct Alarm {
  private let logger: Logger
  private var said: (message: String, details: Logger.Metadata)?

  init(logger: Logger) { self.logger = logger }

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
