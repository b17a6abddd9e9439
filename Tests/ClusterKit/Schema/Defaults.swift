import Encoding

// What the server makes of an object before it looks at it.

extension Schema {
  /// Fills in what is not given; inside of what is absent nothing is filled in.
  func filled(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(var members):
      for (name, schema) in properties {
        let isNull = members[name] == .some(.null) && !schema.isNullable
        if let fallback = schema.fallback, members[name] == nil || isNull {
          members[name] = fallback
        }
      }
      for (name, inner) in members {
        if let schema = member(name) { members[name] = schema.filled(inner) }
      }
      return .object(members)
    case .array(let items):
      guard let element else { return value }
      return .array(items.map(element.filled))
    default: return value
    }
  }

  /// Leaves out what the schema does not know, and names it: "spec.predictor.nope".
  func pruned(_ value: JSONValue, at path: String = "", _ unknown: inout [String]) -> JSONValue {
    switch value {
    case .object(let members) where kind == .object || !properties.isEmpty:
      var kept: [String: JSONValue] = [:]
      for (name, inner) in members.sorted(by: { $0.key < $1.key }) {
        let place = path.isEmpty ? name : path + "." + name
        if let schema = member(name) {
          kept[name] = schema.pruned(inner, at: place, &unknown)
        } else {
          unknown.append(place)
        }
      }
      return .object(kept)
    case .array(let items):
      guard let element else { return value }
      return .array(
        items.enumerated().map { element.pruned($1, at: "\(path)[\($0)]", &unknown) })
    default: return value
    }
  }

  /// Takes away members that are null, and labels and annotations that are empty, as built-in types have none.
  static func withoutNulls(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      let kept = members.filter { name, value in
        value != .null && !(value == [:] && ["labels", "annotations"].contains(name))
      }
      return .object(kept.mapValues(withoutNulls))
    case .array(let items): return .array(items.map(withoutNulls))
    default: return value
    }
  }
}
