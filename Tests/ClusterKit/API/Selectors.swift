import Encoding
import Foundation

/// Which objects of a list are meant, by their labels and by some of their fields.
struct Selector: Sendable {
  private enum Requirement: Sendable {
    case within(String, Set<String>)
    case outside(String, Set<String>)
    case present(String)
    case absent(String)
  }

  private let requirements: [Requirement]
  /// Paths of fields, and what they have to hold.
  private let fields: [(path: [String], value: String, isEqual: Bool)]

  init(_ query: [String: String], _ type: APIType) throws(APIError) {
    var requirements: [Requirement] = []
    for part in Self.split(query["labelSelector"] ?? "") {
      requirements.append(try Self.requirement(part))
    }
    self.requirements = requirements
    var fields: [(path: [String], value: String, isEqual: Bool)] = []
    for part in (query["fieldSelector"] ?? "").split(separator: ",") {
      fields.append(try Self.field(String(part), type))
    }
    self.fields = fields
  }

  func matches(_ object: JSONValue) -> Bool {
    let labels = object.labels
    return requirements.allSatisfy { Self.holds($0, labels) }
      && fields.allSatisfy { path, value, isEqual in
        ((object[at: path[...]]?.string ?? "") == value) == isEqual
      }
  }

  private static func holds(_ requirement: Requirement, _ labels: [String: String]) -> Bool {
    switch requirement {
    case .within(let key, let values): labels[key].map(values.contains) ?? false
    case .outside(let key, let values): labels[key].map { !values.contains($0) } ?? true
    case .present(let key): labels[key] != nil
    case .absent(let key): labels[key] == nil
    }
  }

  /// Splits at commas that are in no parentheses.
  private static func split(_ text: String) -> [String] {
    var (parts, depth) = ([""], 0)
    for character in text {
      if character == "," && depth == 0 {
        parts.append("")
        continue
      }
      depth += character == "(" ? 1 : character == ")" ? -1 : 0
      parts[parts.count - 1].append(character)
    }
    return parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  private static func requirement(_ text: String) throws(APIError) -> Requirement {
    for (word, isWithin) in [(" notin ", false), (" in ", true)] {
      guard let place = text.firstRange(of: word) else { continue }
      let key = text[..<place.lowerBound].trimmingCharacters(in: .whitespaces)
      let list = text[place.upperBound...].trimmingCharacters(in: CharacterSet(charactersIn: " ()"))
      let values = Set(
        list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
      return isWithin ? .within(key, values) : .outside(key, values)
    }
    for (sign, isEqual) in [("!=", false), ("==", true), ("=", true)] {
      guard let place = text.firstRange(of: sign) else { continue }
      let value = text[place.upperBound...]
      guard !value.hasPrefix("=") else {
        throw .badRequest("unable to parse requirement: found '=', expected: identifier")
      }
      let key = text[..<place.lowerBound].trimmingCharacters(in: .whitespaces)
      let values: Set = [value.trimmingCharacters(in: .whitespaces)]
      return isEqual ? .within(key, values) : .outside(key, values)
    }
    return text.hasPrefix("!") ? .absent(String(text.dropFirst())) : .present(text)
  }

  private static func field(
    _ text: String, _ type: APIType
  ) throws(APIError) -> (path: [String], value: String, isEqual: Bool) {
    let isEqual = !text.contains("!=")
    let parts = text.split(separator: isEqual ? "=" : "!=", maxSplits: 1)
    let name = String(parts.first ?? "")
    guard !type.isCustom || ["metadata.name", "metadata.namespace"].contains(name) else {
      throw .badRequest("field label not supported: \(name)")
    }
    let value = parts.count > 1 ? String(parts[1].drop { $0 == "=" }) : ""
    return (name.split(separator: ".").map(String.init), value, isEqual)
  }
}
