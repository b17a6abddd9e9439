import Control
import Foundation
import Rollouts

/// Labels as they are sent: one object, or a list of them.
///
///     {"deployment": "payments/fraud-detector", "requestId": "6f2c", "label": 1}
struct Feedback: Decodable {
  let labels: [Label]

  static let most = 1000
  /// Bytes of a request id, or of a label that is text.
  static let longestText = 512

  init(_ body: [UInt8]) throws(FeedbackError) {
    do {
      self = try JSONDecoder().decode(Feedback.self, from: Data(body))
    } catch let error as FeedbackError {
      throw error
    } catch {
      throw FeedbackError(description: "the body is not JSON")
    }
  }

  init(from decoder: any Decoder) throws {
    guard var list = try? decoder.unkeyedContainer() else {
      labels = [try Item(from: decoder).label]
      return
    }
    var labels: [Label] = []
    while !list.isAtEnd {
      guard labels.count < Self.most else {
        throw FeedbackError(description: "a list may hold \(Self.most) labels")
      }
      labels.append(try Self.item(labels.count, &list))
    }
    self.labels = labels
  }

  private static func item(
    _ index: Int, _ list: inout any UnkeyedDecodingContainer
  ) throws -> Label {
    do {
      return try list.decode(Item.self).label
    } catch let error as FeedbackError {
      throw FeedbackError(description: "label \(index + 1): \(error)")
    }
  }

  private struct Item: Decodable {
    let label: Label

    init(from decoder: any Decoder) throws {
      guard let fields = try? decoder.container(keyedBy: Key.self) else {
        throw FeedbackError(description: "a label is an object")
      }
      if let key = fields.allKeys.first(where: { !Key.known.contains($0.stringValue) }) {
        throw FeedbackError(description: "unknown key \"\(key.stringValue.prefix(64))\"")
      }
      label = Label(
        deployment: try Self.deployment(fields), requestID: try Self.text("requestId", fields),
        value: try Self.value(fields))
    }

    private static func deployment(
      _ fields: KeyedDecodingContainer<Key>
    ) throws -> DeploymentName {
      let written = try text("deployment", fields)
      let parts = written.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
        throw FeedbackError(description: "\"deployment\" must be \"NAMESPACE/NAME\"")
      }
      return DeploymentName(namespace: String(parts[0]), name: String(parts[1]))
    }

    private static func value(_ fields: KeyedDecodingContainer<Key>) throws -> Label.Value {
      if let number = try? fields.decode(Double.self, forKey: "label"), number.isFinite {
        return .number(number)
      }
      guard let text = try? fields.decode(String.self, forKey: "label") else {
        throw FeedbackError(description: "\"label\" must be a number or text")
      }
      try check("label", text)
      return .text(text)
    }

    private static func text(
      _ key: Key, _ fields: KeyedDecodingContainer<Key>
    ) throws -> String {
      guard let text = try? fields.decode(String.self, forKey: key) else {
        throw FeedbackError(description: "\"\(key.stringValue)\" must be text")
      }
      try check(key, text)
      return text
    }

    private static func check(_ key: Key, _ text: String) throws(FeedbackError) {
      guard (1...Feedback.longestText).contains(text.utf8.count) else {
        throw FeedbackError(
          description: "\"\(key.stringValue)\" must have 1 to \(Feedback.longestText) bytes")
      }
    }
  }

  private struct Key: CodingKey, ExpressibleByStringLiteral {
    static let known: Set = ["deployment", "requestId", "label"]

    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral value: String) { stringValue = value }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

/// Why labels are not taken; then none of the request is.
struct FeedbackError: Error, Equatable, CustomStringConvertible {
  let description: String
}
