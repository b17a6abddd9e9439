import Encoding

// Putting an applied object into a live one, and taking out what is no longer applied.

extension Schema {
  /// The live value with what is applied.
  func merge(_ live: JSONValue?, _ applied: JSONValue?) -> JSONValue? {
    guard let live, live != .null else { return applied ?? live }
    guard let applied else { return live }
    switch shape(of: applied) {
    case .map:
      // Null stands for a map or a list without anything of its own.
      if applied == .null { return live }
      guard !applied.members.isEmpty || !live.members.isEmpty else { return applied }
      return .object(mergedMembers(live.members, applied.members))
    case .set(let element), .list(let element, keys: _):
      if applied == .null { return live }
      guard !applied.items.isEmpty || !live.items.isEmpty else { return applied }
      return .array(mergedItems(live.items, applied.items, element))
    default: return applied
    }
  }

  private func mergedMembers(
    _ live: [String: JSONValue], _ applied: [String: JSONValue]
  ) -> [String: JSONValue] {
    var result = live
    for (name, value) in applied {
      result[name] = (member(name) ?? .unknown).merge(live[name], value)
    }
    return result
  }

  /// The applied items keep their order; items that were there alone keep their place between them.
  private func mergedItems(
    _ live: [JSONValue], _ applied: [JSONValue], _ element: Schema
  ) -> [JSONValue] {
    let old = live.map { (key: self.element(of: $0), item: $0) }
    let new = applied.map { (key: self.element(of: $0), item: $0) }
    let (oldItems, newKeys) = (Dictionary(old) { $1 }, Set(new.map(\.key)))
    var (result, taken): ([JSONValue], Set<PathElement>) = ([], [])
    var (left, right) = (old[...], new[...])
    while !left.isEmpty || !right.isEmpty {
      if let first = left.first, first.key != right.first?.key,
        !newKeys.contains(first.key) || taken.contains(first.key)
      {
        if !newKeys.contains(first.key) { result.append(first.item) }
        left.removeFirst()
      } else if let next = right.popFirst() {
        if left.first?.key == next.key { left.removeFirst() }
        taken.insert(next.key)
        result.append(element.merge(oldItems[next.key], next.item) ?? next.item)
      } else {
        left.removeFirst()
      }
    }
    return result
  }

  /// The value without the fields of a set; nil when nothing stays.
  func removing(_ set: FieldSet, from value: JSONValue) -> JSONValue? {
    switch shape(of: value) {
    case .map:
      guard !value.members.isEmpty else { return value }
      var result: [String: JSONValue] = [:]
      for (name, inner) in value.members where !set.has(.field(name)) {
        let below = set.child(.field(name))
        let schema = member(name) ?? .unknown
        result[name] = below.isEmpty ? inner : schema.removing(below, from: inner) ?? .null
      }
      return result.isEmpty ? nil : .object(result)
    case .set(let element), .list(let element, keys: _):
      guard !value.items.isEmpty else { return value }
      let kept: [JSONValue] = value.items.compactMap { item in
        let key = self.element(of: item)
        guard !set.has(key) else { return nil }
        let below = set.child(key)
        return below.isEmpty ? item : element.removing(below, from: item)
      }
      return kept.isEmpty ? nil : .array(kept)
    default: return value
    }
  }
}
