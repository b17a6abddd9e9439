/// The YAML documents of one file, read strictly.
///
/// A manifest says one thing to every reader: what YAML parsers disagree about, what hides text and
/// what repeats it is refused. Any bytes at all give documents or diagnostics.
package struct Documents {
  /// The roots of the documents that hold something.
  package private(set) var roots: [Node] = []

  /// A manifest of this size has thousands of lines; what is larger is something else.
  package static let largestFile = 256 * 1024
  /// The deepest manifest needs eight levels.
  package static let deepestNesting = 32

  private let findings: Findings

  package init(_ bytes: [UInt8], findings: Findings) {
    self.findings = findings
    guard let text = Self.text(bytes, findings) else { return }
    let body = Array(text.utf8)
    body.withUnsafeBufferPointer { buffer in
      var events = YAMLEvents(over: buffer)
      do throws(YAMLSyntaxError) {
        try read(&events)
      } catch {
        report(error, in: body)
      }
    }
  }

  private mutating func read(_ events: inout YAMLEvents) throws(YAMLSyntaxError) {
    while true {
      let event = try events.next()
      switch event.kind {
      case .streamEnd: return
      case .documentStart:
        let first = try events.next()
        let root = try node(from: first, keyPosition: nil, depth: 1, &events)
        if !root.isNull { roots.append(root) }
      default: continue
      }
    }
  }

  private func node(
    from event: YAMLEvent, keyPosition: TextPosition?, depth: Int, _ events: inout YAMLEvents
  ) throws(YAMLSyntaxError) -> Node {
    guard depth <= Self.deepestNesting else {
      throw YAMLSyntaxError(
        message: "nested deeper than \(Self.deepestNesting) levels", position: event.position,
        context: nil, isLimit: true)
    }
    refuseReferences(event)
    let content: Node.Content
    switch event.kind {
    case .scalar(let scalar): content = .scalar(scalar)
    case .sequenceStart: content = .sequence(try items(depth, &events))
    case .mappingStart: content = .mapping(try entries(depth, &events))
    default: content = .scalar(Node.Scalar(text: "", isPlain: true))
    }
    return Node(content, at: event.position, keyPosition: keyPosition)
  }

  private func items(_ depth: Int, _ events: inout YAMLEvents) throws(YAMLSyntaxError) -> [Node] {
    var items: [Node] = []
    while true {
      let event = try events.next()
      if case .sequenceEnd = event.kind { return items }
      items.append(try node(from: event, keyPosition: nil, depth: depth + 1, &events))
    }
  }

  private func entries(
    _ depth: Int, _ events: inout YAMLEvents
  ) throws(YAMLSyntaxError) -> [Node.Entry] {
    var entries: [Node.Entry] = []
    var lines: [String: Int] = [:]
    while true {
      let event = try events.next()
      if case .mappingEnd = event.kind { return entries }
      let key = try node(from: event, keyPosition: nil, depth: depth + 1, &events)
      let valueEvent = try events.next()
      let value = try node(
        from: valueEvent, keyPosition: event.position, depth: depth + 1, &events)
      guard let name = keyName(key, event) else { continue }
      if let line = lines[name] {
        findings.error(
          "duplicate key \"\(name.shortened)\"", at: event.position,
          hint: "it is already on line \(line)")
      } else {
        lines[name] = event.position.line
        entries.append(Node.Entry(key: name, value: value))
      }
    }
  }

  private func keyName(_ key: Node, _ event: YAMLEvent) -> String? {
    switch (event.kind, key.content) {
    case (.alias, _): return nil
    case (_, .scalar(let scalar)) where scalar.text == "<<" && scalar.isPlain:
      findings.error(
        "merge keys are not allowed", at: key.position, hint: "write the keys out where they hold")
      return nil
    case (_, .scalar(let scalar)): return scalar.text
    default:
      findings.error("a key must be text, found \(key.kind)", at: key.position)
      return nil
    }
  }

  /// Refuses what lets a short file stand for a huge one, or say what it does not show.
  private func refuseReferences(_ event: YAMLEvent) {
    if case .alias = event.kind {
      findings.error(
        "aliases are not allowed", at: event.position, hint: "write the value out where it holds")
    }
    if event.hasAnchor { findings.error("anchors are not allowed", at: event.position) }
    if event.hasTag {
      findings.error(
        "tags are not allowed", at: event.position,
        hint: "every field has one type: write the value alone")
    }
  }

  /// Says what is wrong as a person sees it, and as libyaml does only when that is not known.
  private func report(_ error: YAMLSyntaxError, in body: [UInt8]) {
    guard !error.isLimit else { return findings.error(error.message, at: error.position) }
    if let slip = SlipFinder.slip(in: body), slip.position.line <= error.position.line {
      return findings.error(slip.message, at: slip.position, hint: slip.hint)
    }
    let words = YAMLWords(error)
    findings.error(words.message, at: words.position, hint: words.hint)
  }
}
