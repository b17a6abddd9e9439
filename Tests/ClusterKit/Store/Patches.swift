import Encoding

/// The two kinds of patches that every type takes.
enum Patch {
  /// RFC 7386.
  static func merge(_ patch: JSONValue, into value: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var members = value.members
    for (name, change) in changes {
      members[name] = change == .null ? nil : merge(change, into: members[name] ?? .null)
    }
    return .object(members)
  }

  /// RFC 6902; nil when an operation cannot be done or a test fails.
  static func operations(_ patch: JSONValue, on value: JSONValue) -> JSONValue? {
    var value = value
    for operation in patch.items {
      guard let next = perform(operation, on: value) else { return nil }
      value = next
    }
    return value
  }

  private static func perform(_ operation: JSONValue, on value: JSONValue) -> JSONValue? {
    let path = pointer(operation["path"]?.string ?? "")
    let from = pointer(operation["from"]?.string ?? "")
    let given = operation["value"]
    switch operation["op"]?.string {
    case "add": return given.flatMap { write($0, at: path[...], in: value, inserts: true) }
    case "replace":
      guard read(path[...], of: value) != nil else { return nil }
      return given.flatMap { write($0, at: path[...], in: value, inserts: false) }
    case "remove":
      guard read(path[...], of: value) != nil else { return nil }
      return write(nil, at: path[...], in: value, inserts: false)
    case "test": return read(path[...], of: value) == given ? value : nil
    case "copy":
      return read(from[...], of: value).flatMap {
        write($0, at: path[...], in: value, inserts: true)
      }
    case "move":
      guard let moved = read(from[...], of: value),
        let rest = write(nil, at: from[...], in: value, inserts: false)
      else { return nil }
      return write(moved, at: path[...], in: rest, inserts: true)
    default: return nil
    }
  }

  private static func pointer(_ text: String) -> [String] {
    text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
      String($0).replacing("~1", with: "/").replacing("~0", with: "~")
    }
  }

  private static func read(_ path: ArraySlice<String>, of value: JSONValue) -> JSONValue? {
    guard let first = path.first else { return value }
    switch value {
    case .object(let members):
      return members[first].flatMap { read(path.dropFirst(), of: $0) }
    case .array(let items):
      guard let index = Int(first), items.indices.contains(index) else { return nil }
      return read(path.dropFirst(), of: items[index])
    default: return nil
    }
  }

  /// Returns the value with another part, or without it; nil when there is no such place.
  private static func write(
    _ part: JSONValue?, at path: ArraySlice<String>, in value: JSONValue, inserts: Bool
  ) -> JSONValue? {
    guard let first = path.first else { return part }
    let rest = path.dropFirst()
    switch value {
    case .object(var members):
      if rest.isEmpty {
        members[first] = part
      } else {
        guard let inner = members[first],
          let changed = write(part, at: rest, in: inner, inserts: inserts)
        else { return nil }
        members[first] = changed
      }
      return .object(members)
    case .array(let items):
      return write(part, at: first, rest, in: items, inserts: inserts)
    default: return nil
    }
  }

  private static func write(
    _ part: JSONValue?, at first: String, _ rest: ArraySlice<String>, in items: [JSONValue],
    inserts: Bool
  ) -> JSONValue? {
    var items = items
    guard let index = first == "-" ? items.count : Int(first), (0...items.count).contains(index)
    else { return nil }
    if rest.isEmpty, inserts {
      guard let part else { return nil }
      items.insert(part, at: index)
      return .array(items)
    }
    guard index < items.count else { return nil }
    if let inner = rest.isEmpty ? part : write(part, at: rest, in: items[index], inserts: inserts) {
      items[index] = inner
    } else if rest.isEmpty {
      items.remove(at: index)
    } else {
      return nil
    }
    return .array(items)
  }
}
