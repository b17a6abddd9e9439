import Control
import Rollouts

/// Finds the value that names a request's slice.
///
/// ```
/// {"parameters": {"tenant": "acme"}, "inputs": […]}                             json: parameters.tenant
/// {"inputs": [{"name": "tenant", "shape": [2, 1], "data": ["acme", "acme"]}]}   input: tenant, of V2
/// {"instances": [{"tenant": "acme", "age": 41}, …]}                             input: tenant, of V1
/// ```
///
/// An input names a slice when all its rows say the same. A key that comes twice counts the last time: so do
/// the readers of the model servers.
struct SliceReader {
  private var scanner = PayloadScanner()
  private var body: [UInt8] = []

  /// What was found in a body so far.
  private enum Found: Equatable {
    case nothing, one(String)
    /// More than one value, or what is no value.
    case unusable

    mutating func add(_ other: Found) {
      if self == .nothing {
        self = other
      } else if other != .nothing, other != self {
        self = .unusable
      }
    }
  }

  /// Returns what names the slice of a request, an empty text where nothing does; nil when the request was not kept.
  ///
  /// A body may be missing because the answer came before its end. Which answers do differs between two models, so that
  /// such a request must not count among those without a value.
  mutating func value(_ key: SliceKey, of event: PayloadEvent, _ sliced: PayloadEvent.Sliced)
    -> String?
  {
    guard key.isInBody else { return sliced.value }
    return event.request.map { value(key, in: $0) }
  }

  private mutating func value(_ key: SliceKey, in body: [UInt8]) -> String {
    self.body = body
    defer {
      scanner.release()
      self.body = []
    }
    guard case .one(let value)? = try? read(key) else { return "" }
    return value
  }

  private mutating func read(_ key: SliceKey) throws(PayloadError) -> Found {
    try scanner.begin(body)
    let found =
      switch key {
      case .header, .cookie: Found.nothing
      case .json(let path): try member(path[...])
      case .input(let name): try input(name)
      }
    try scanner.end()
    return found
  }

  private func matches(_ key: PayloadScanner.Text, _ name: String) -> Bool {
    scanner.texts[key.range].elementsEqual(name.utf8)
  }

  /// Whether what comes next is of this kind; if not, it is skipped.
  private mutating func enters(_ kind: PayloadScanner.Kind) throws(PayloadError) -> Bool {
    let isSo = try scanner.peek() == kind
    try isSo ? scanner.open() : scanner.skip()
    return isSo
  }
}

// By a path.

extension SliceReader {
  private mutating func member(_ path: ArraySlice<String>) throws(PayloadError) -> Found {
    guard let name = path.first else { return try single() }
    var found = Found.nothing
    guard try enters(.object) else { return found }
    while let key = try scanner.key() {
      if matches(key, name) {
        found = try member(path.dropFirst())
      } else {
        try scanner.skip()
      }
    }
    return found
  }

  /// Reads a value as people write it.
  private mutating func single() throws(PayloadError) -> Found {
    switch try scanner.peek() {
    case .text:
      let text = try scanner.text()
      return .one(String(decoding: scanner.texts[text.range], as: UTF8.self))
    case .number: return .one(try number())
    case .yes:
      try scanner.literal("true")
      return .one("true")
    case .no:
      try scanner.literal("false")
      return .one("false")
    case .null, .object, .list:
      try scanner.skip()
      return .unusable
    }
  }

  /// 42, 42.0 and 4.2e1 are one name; a whole number keeps its digits, however many they are.
  private mutating func number() throws(PayloadError) -> String {
    let start = scanner.position
    let value = try scanner.number()
    let written = body[start..<scanner.position]
    let isWhole = !written.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
    if isWhole, value != 0 { return String(decoding: written, as: UTF8.self) }
    return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}

// By an input.

extension SliceReader {
  private mutating func input(_ name: String) throws(PayloadError) -> Found {
    var found = Found.nothing
    guard try enters(.object) else { return found }
    while let key = try scanner.key() {
      if scanner.matches(key, "inputs") {
        found = try items { reader throws(PayloadError) in try reader.tensor(name) }
      } else if scanner.matches(key, "instances") {
        found = try items { reader throws(PayloadError) in try reader.member([name]) }
      } else {
        try scanner.skip()
      }
    }
    return found
  }

  /// Reads what each item of a list says.
  private mutating func items(
    _ read: (inout SliceReader) throws(PayloadError) -> Found
  ) throws(PayloadError) -> Found {
    var found = Found.nothing
    guard try enters(.list) else { return found }
    while try scanner.item() { found.add(try read(&self)) }
    return found
  }

  /// Reads what all values of a tensor say, if it has this name.
  private mutating func tensor(_ name: String) throws(PayloadError) -> Found {
    var (isAsked, found) = (false, Found.nothing)
    guard try enters(.object) else { return found }
    while let key = try scanner.key() {
      if scanner.matches(key, "name"), try scanner.peek() == .text {
        let text = try scanner.text()
        isAsked = matches(text, name)
      } else if scanner.matches(key, "data") {
        found = .nothing
        try leaves(into: &found)
      } else {
        try scanner.skip()
      }
    }
    return isAsked ? found : .nothing
  }

  /// Reads a value, or a list and all lists in it; as soon as two values differ, the rest is skipped.
  private mutating func leaves(into found: inout Found) throws(PayloadError) {
    if found == .unusable { return try scanner.skip() }
    guard try scanner.peek() == .list else { return found.add(try single()) }
    try scanner.open()
    while try scanner.item() { try leaves(into: &found) }
  }
}
