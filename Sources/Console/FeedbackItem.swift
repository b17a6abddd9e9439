import Control
import Rollouts

/// What a sender knows of one request, or of one entity.
///
///     {"deployment": "payments/fraud-detector", "requestId": "6f2c", "label": 1}
///     {"deployment": "payments/fraud-detector", "entity": "user-42", "metric": "conversion"}
enum FeedbackItem: Decodable {
  case label(Label)
  case conversion(Conversion)

  var deployment: DeploymentName {
    switch self {
    case .label(let label): label.deployment
    case .conversion(let conversion): conversion.deployment
    }
  }

  func hand(to intake: any PayloadIntake) {
    switch self {
    case .label(let label): intake.take(label)
    case .conversion(let conversion): intake.take(conversion)
    }
  }

  init(from decoder: any Decoder) throws {
    guard let fields = try? decoder.container(keyedBy: FeedbackKey.self) else {
      throw FeedbackError(description: "an item is an object")
    }
    let keys = Set(fields.allKeys.map(\.stringValue))
    try fields.refuse(unless: Label.keys.union(Conversion.keys).union(["deployment"]))
    let deployment = try DeploymentName(feedback: fields.text("deployment"))
    switch (keys.isDisjoint(with: Label.keys), keys.isDisjoint(with: Conversion.keys)) {
    case (false, true): self = .label(try Label(fields, of: deployment))
    case (true, false): self = .conversion(try Conversion(fields, of: deployment))
    default:
      throw FeedbackError(
        description:
          #"an item has either "requestId" and "label", or "entity" and "metric""#)
    }
  }
}

extension Label {
  fileprivate static let keys: Set = ["requestId", "label"]

  fileprivate init(
    _ fields: KeyedDecodingContainer<FeedbackKey>, of deployment: DeploymentName
  ) throws {
    self.init(
      deployment: deployment, requestID: try fields.text("requestId"),
      value: try Self.value(fields))
  }

  private static func value(_ fields: KeyedDecodingContainer<FeedbackKey>) throws -> Value {
    if let number = try? fields.decode(Double.self, forKey: "label"), number.isFinite {
      return .number(number)
    }
    guard let text = try? fields.decode(String.self, forKey: "label") else {
      throw FeedbackError(description: "\"label\" must be a number or text")
    }
    return .text(try fields.checked("label", text))
  }
}

extension Conversion {
  fileprivate static let keys: Set = ["entity", "metric"]

  fileprivate init(
    _ fields: KeyedDecodingContainer<FeedbackKey>, of deployment: DeploymentName
  ) throws {
    self.init(
      deployment: deployment,
      entity: try fields.text("entity", atMost: PayloadEvent.longestEntity),
      metric: try fields.text("metric"))
  }
}

extension KeyedDecodingContainer<FeedbackKey> {
  /// Throws when there is a key that is none of these.
  func refuse(unless known: Set<String>) throws(FeedbackError) {
    guard let key = allKeys.first(where: { !known.contains($0.stringValue) }) else { return }
    throw FeedbackError(description: "unknown key \"\(key.stringValue.prefix(64))\"")
  }

  fileprivate func text(_ key: Key, atMost longest: Int = Feedback.longestText) throws -> String {
    guard let text = try? decode(String.self, forKey: key) else {
      throw FeedbackError(description: "\"\(key.stringValue)\" must be text")
    }
    return try checked(key, text, atMost: longest)
  }

  fileprivate func checked(
    _ key: Key, _ text: String, atMost longest: Int = Feedback.longestText
  ) throws(FeedbackError) -> String {
    guard (1...longest).contains(text.utf8.count) else {
      throw FeedbackError(
        description: "\"\(key.stringValue)\" must have 1 to \(longest) bytes")
    }
    return text
  }
}

extension DeploymentName {
  /// Reads "NAMESPACE/NAME".
  init(feedback text: String) throws(FeedbackError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
      throw FeedbackError(description: "\"deployment\" must be \"NAMESPACE/NAME\"")
    }
    self.init(namespace: String(parts[0]), name: String(parts[1]))
  }
}

/// Any key, so that one that is not known can be named.
struct FeedbackKey: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringLiteral value: String) { stringValue = value }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
