import Encoding

// What of an object can be owned, and how two of them differ: structured-merge-diff's typed values.

/// What was added, changed and removed between two objects.
struct Comparison: Equatable {
  var added = FieldSet()
  var modified = FieldSet()
  var removed = FieldSet()
}

extension Schema {
  /// The fields that whoever applies the value owns.
  func fields(of value: JSONValue) -> FieldSet {
    var set = FieldSet()
    collect(value, [], &set)
    return set
  }

  private func collect(_ value: JSONValue, _ path: [PathElement], _ set: inout FieldSet) {
    switch shape(of: value) {
    case .scalar, .atomicList, .atomicMap:
      if !path.isEmpty { set.insert(path) }
    case .map:
      for (name, inner) in value.members {
        let place = path + [.field(name)]
        (member(name) ?? .unknown).collect(inner, place, &set)
        let isLeaf = inner == .null || inner == .object([:])
        if isLeaf || properties[name] == nil { set.insert(place) }
      }
    case .set(let element), .list(let element, keys: _):
      for item in value.items {
        let place = path + [self.element(of: item)]
        element.collect(item, place, &set)
        set.insert(place)
      }
    }
  }

  /// How an item of this list is known.
  func element(of item: JSONValue) -> PathElement {
    guard case .list(let schema, let keys) = shape(of: nil) else { return .value(item) }
    let members = keys.compactMap { key in
      (item[key] ?? schema.properties[key]?.fallback).map { (key, $0) }
    }
    return .key(Dictionary(members) { $1 })
  }

  /// Compares two objects of this schema.
  func compare(_ old: JSONValue, _ new: JSONValue) -> Comparison {
    var comparison = Comparison()
    compare(old, new, [], &comparison)
    return comparison
  }

  private func compare(
    _ old: JSONValue?, _ new: JSONValue?, _ path: [PathElement], _ result: inout Comparison
  ) {
    let shapes = (shape(of: old ?? new), shape(of: new ?? old))
    let isLeaf: Bool
    switch shapes {
    case (.map, .map):
      isLeaf = (old?.members ?? [:]).isEmpty && (new?.members ?? [:]).isEmpty
      if !isLeaf { compareMembers(old, new, path, &result) }
    case (.set(let element), _), (.list(let element, keys: _), _):
      isLeaf = (old?.items ?? []).isEmpty && (new?.items ?? []).isEmpty
      if !isLeaf { compareItems(old, new, element, path, &result) }
    default: isLeaf = true
    }
    guard !path.isEmpty else { return }
    if old == nil {
      result.added.insert(path)
    } else if new == nil {
      result.removed.insert(path)
    } else if isLeaf, old != new {
      result.modified.insert(path)
    }
  }

  private func compareMembers(
    _ old: JSONValue?, _ new: JSONValue?, _ path: [PathElement], _ result: inout Comparison
  ) {
    let (before, after) = (old?.members ?? [:], new?.members ?? [:])
    for name in Set(before.keys).union(after.keys) {
      (member(name) ?? .unknown).compare(
        before[name], after[name], path + [.field(name)], &result)
    }
  }

  private func compareItems(
    _ old: JSONValue?, _ new: JSONValue?, _ element: Schema, _ path: [PathElement],
    _ result: inout Comparison
  ) {
    let (before, after) = (known(old), known(new))
    for key in Set(before.keys).union(after.keys) {
      element.compare(before[key], after[key], path + [key], &result)
    }
  }

  private func known(_ list: JSONValue?) -> [PathElement: JSONValue] {
    Dictionary((list?.items ?? []).map { (element(of: $0), $0) }) { $1 }
  }
}
