/// What an intake keeps at most.
package struct IntakeLimits: Equatable, Sendable {
  /// Waiting to be counted: the bytes of bodies and ids, and how many messages they are.
  package let bytes: Int
  package let messages: Int
  /// Predictions whose label may come, of all deployments together.
  package let predictions: Int
  /// Labels that came before their prediction, of all deployments together.
  package let labels: Int
  /// Answers that wait for the other revision's, of all deployments that compare any, and their bytes.
  package let answers: Int
  package let answerBytes: Int
  /// Entities that are known to have been answered, of all deployments with an A/B test, and reports that came
  /// before their entity.
  package let entities: Int
  package let reports: Int
  /// Values that may become a slice, of all deployments that have slices.
  package let values: Int
  /// Revisions of one deployment.
  package let revisions: Int

  package init(
    bytes: Int = 32 << 20, messages: Int = 1 << 15, predictions: Int = 1 << 18,
    labels: Int = 1 << 14, answers: Int = 1 << 15, answerBytes: Int = 16 << 20,
    entities: Int = 1 << 20, reports: Int = 1 << 14, values: Int = 1 << 14,
    revisions: Int = 32
  ) {
    self.bytes = bytes
    self.messages = messages
    self.predictions = predictions
    self.labels = labels
    self.answers = answers
    self.answerBytes = answerBytes
    self.entities = entities
    self.reports = reports
    self.values = values
    self.revisions = revisions
  }

  /// The limits of one of so many deployments, of which so many compare answers, have an A/B test and have slices.
  func share(among count: Int, comparing: Int, testing: Int, slicing: Int) -> IntakeLimits {
    IntakeLimits(
      bytes: bytes, messages: messages, predictions: predictions / max(1, count),
      labels: labels / max(1, count), answers: answers / max(1, comparing),
      answerBytes: answerBytes / max(1, comparing), entities: entities / max(1, testing),
      reports: reports / max(1, testing), values: values / max(1, slicing), revisions: revisions)
  }

  /// Roughly the bytes that all of it takes when everything is full, without the counts themselves.
  ///
  /// Arrays and dictionaries are at most half empty. The body that is read is in the queue, and its
  /// texts are copied once.
  package var memory: Int {
    let eachPrediction = RecentPredictions.size
    let eachAnswer = 2 * WaitingAnswers.placeSize + 64
    let eachMessage = 2 * MemoryLayout<Mailbox.QueuedMessage>.stride
    let reader = PayloadReader.mostValues * 2 * MemoryLayout<PayloadReader.Value>.stride
    return 2 * bytes + messages * eachMessage + predictions * eachPrediction
      + (labels + reports) * 128 + entities * SeenEntities.size + values * SeenSlices.size
      + answerBytes + answers * eachAnswer
      + reader + 2 * AnswerReader.memory
  }
}
