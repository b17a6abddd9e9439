import Control
import Foundation
import Rollouts

/// How far a run of a job is, as it is sent to the route of feedback: one object.
///
///     {"deployment": "risk/scores", "revision": "3f9c2a71d0", "run": "nightly.4711",
///      "counts": {"requests": 100000, "errors": 12}}
///
/// The counts are those of the run so far, so that what is sent again counts once.
struct BatchFeedback: Decodable {
  let report: BatchReport

  /// Whether a body is such a report, or would be one; everything else is labels.
  static func isMeant(by body: [UInt8]) -> Bool {
    struct Probe: Decodable {
      let isMeant: Bool

      init(from decoder: any Decoder) throws {
        isMeant = try decoder.container(keyedBy: FeedbackKey.self).contains("counts")
      }
    }
    return (try? JSONDecoder().decode(Probe.self, from: Data(body)))?.isMeant ?? false
  }

  init(_ body: [UInt8]) throws(FeedbackError) {
    do {
      self = try JSONDecoder().decode(BatchFeedback.self, from: Data(body))
    } catch let error as FeedbackError {
      throw error
    } catch {
      throw FeedbackError(description: "the body is not JSON")
    }
  }

  init(from decoder: any Decoder) throws {
    let fields = try Fields(decoder, known: ["deployment", "revision", "run", "counts"])
    let counts = try Fields(fields.nested("counts"), known: ["requests", "errors"])
    let requests = try counts.number("requests")
    let errors = try counts.number("errors")
    guard errors <= requests else {
      throw FeedbackError(description: "\"errors\" must be no more than \"requests\"")
    }
    report = BatchReport(
      deployment: try DeploymentName(feedback: fields.text("deployment")),
      revision: Revision.ID(try fields.text("revision")), run: try fields.text("run"),
      requests: requests, errors: errors)
  }

  /// Far more records than a run scores, and far from the end of 64 bits.
  private static let most = 1_000_000_000_000

  private struct Fields {
    let values: KeyedDecodingContainer<FeedbackKey>

    init(_ decoder: any Decoder, known: Set<String>) throws {
      guard let values = try? decoder.container(keyedBy: FeedbackKey.self) else {
        throw FeedbackError(description: "\"counts\" must be an object")
      }
      try values.refuse(unless: known)
      self.values = values
    }

    func nested(_ key: FeedbackKey) throws -> any Decoder {
      try values.superDecoder(forKey: key)
    }

    func number(_ key: FeedbackKey) throws -> Int {
      let number = try? values.decode(Int.self, forKey: key)
      guard let number, (0...BatchFeedback.most).contains(number) else {
        throw FeedbackError(
          description:
            "\"\(key.stringValue)\" must be a whole number from 0 to \(BatchFeedback.most)")
      }
      return number
    }

    func text(_ key: FeedbackKey) throws -> String {
      let text = try? values.decode(String.self, forKey: key)
      guard let text, (1...128).contains(text.utf8.count) else {
        throw FeedbackError(description: "\"\(key.stringValue)\" must be text of 1 to 128 bytes")
      }
      return text
    }
  }
}
