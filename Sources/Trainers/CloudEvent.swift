package import Control
import Ledger
package import Encoding
import Rollouts
import Wording

extension RetrainingRequest {
  /// Returns the request as a CloudEvent 1.0 in structured mode, from the controller of that name.
  ///
  /// `source` and `id` together are the same however often it is sent. The id is the digest of the
  /// record, so that whoever gets it can find the decision, and tell whether it was forged.
  package func event(from controller: String) -> JSONValue {
    [
      "specversion": "1.0", "type": "dev.serin.drift.v1", "source": .string("serin/\(controller)"),
      "subject": .string("\(deployment)"), "id": .string(digest),
      "time": .string(decision.decidedAt.iso8601), "datacontenttype": "application/json",
      "data": data,
    ]
  }

  private var data: JSONValue {
    [
      "namespace": .string(deployment.namespace), "name": .string(deployment.name),
      "verdict": .string(decision.verdict.rawValue), "cause": .string(decision.cause.rawValue),
      "reason": .string(decision.sentence), "moved": .array(moved.map(\.json)), "model": model,
      "decision": .number(seq), "record": .string(path), "digest": .string(digest),
    ]
  }

  /// The columns of the inputs and of the outputs that moved; none when it is the labels that speak.
  private var moved: [DriftReport.Moved] {
    decision.drift.filter(\.isAgainstTraining).flatMap(\.moved)
  }

  private var model: JSONValue {
    guard let model = decision.revision?.model else { return .null }
    return [
      "version": .string(model.version), "digest": model.digest.map { .string($0) } ?? .null,
      "profile": model.profile.map { .string($0) } ?? .null,
    ]
  }
}

extension DriftReport.Moved {
  fileprivate var json: JSONValue {
    [
      "column": .string(column), "summary": .string(summary), "since": .string(since.iso8601),
    ]
  }
}
