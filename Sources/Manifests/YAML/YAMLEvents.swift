import CYAML

/// What libyaml refused, in its own words, or what is more than we read.
struct YAMLSyntaxError: Error {
  let message: String
  let position: TextPosition
  /// Where that began of which libyaml missed the end.
  let context: TextPosition?
  var isLimit = false
}

/// One event of libyaml's parser, as a value.
struct YAMLEvent {
  enum Kind {
    case streamEnd, documentStart
    case scalar(Node.Scalar), alias
    case sequenceStart, sequenceEnd
    case mappingStart, mappingEnd
    case other
  }

  let kind: Kind
  let position: TextPosition
  /// Whether the value has a name to be repeated by, or an explicit type: neither is allowed.
  let hasAnchor: Bool
  let hasTag: Bool
}

/// libyaml's parser over bytes that outlive it.
struct YAMLEvents: ~Copyable {
  /// On the heap, because libyaml keeps the address of its parser inside it.
  private let parser: UnsafeMutablePointer<yaml_parser_t>

  init(over bytes: UnsafeBufferPointer<UInt8>) {
    parser = .allocate(capacity: 1)
    precondition(yaml_parser_initialize(parser) == 1, "libyaml found no memory for a parser")
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  mutating func next() throws(YAMLSyntaxError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw YAMLSyntaxError(parser.pointee) }
    defer { yaml_event_delete(&event) }
    return YAMLEvent(event)
  }
}

extension TextPosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}

extension YAMLSyntaxError {
  fileprivate init(_ parser: yaml_parser_t) {
    message = parser.problem.map { String(cString: $0) } ?? "not YAML"
    position = TextPosition(parser.problem_mark)
    context = parser.context.map { _ in TextPosition(parser.context_mark) }
  }
}

extension YAMLEvent {
  fileprivate init(_ event: yaml_event_t) {
    position = TextPosition(event.start_mark)
    let data = event.data
    switch event.type {
    case YAML_SCALAR_EVENT:
      kind = .scalar(Node.Scalar(data.scalar))
      (hasAnchor, hasTag) = (data.scalar.anchor != nil, data.scalar.tag != nil)
    case YAML_SEQUENCE_START_EVENT:
      kind = .sequenceStart
      (hasAnchor, hasTag) = (data.sequence_start.anchor != nil, data.sequence_start.tag != nil)
    case YAML_MAPPING_START_EVENT:
      kind = .mappingStart
      (hasAnchor, hasTag) = (data.mapping_start.anchor != nil, data.mapping_start.tag != nil)
    default:
      kind = Self.bareKinds[event.type.rawValue] ?? .other
      (hasAnchor, hasTag) = (false, false)
    }
  }

  private static let bareKinds: [UInt32: Kind] = [
    YAML_STREAM_END_EVENT.rawValue: .streamEnd, YAML_DOCUMENT_START_EVENT.rawValue: .documentStart,
    YAML_ALIAS_EVENT.rawValue: .alias, YAML_SEQUENCE_END_EVENT.rawValue: .sequenceEnd,
    YAML_MAPPING_END_EVENT.rawValue: .mappingEnd,
  ]
}

extension Node.Scalar {
  fileprivate init(_ scalar: yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar) {
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    text = String(decoding: bytes, as: UTF8.self)
    isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
  }
}
