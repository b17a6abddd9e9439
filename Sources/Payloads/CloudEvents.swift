import Rollouts

// CloudEvents 1.0 over HTTP. In the binary mode each attribute is a header and the body is the data;
// in the structured mode the body is a JSON object that holds both.

extension PayloadPart {
  /// Reads an event of either mode.
  ///
  /// - Parameters:
  ///   - headers: All of them; their names may be written in any case.
  ///   - body: The whole body.
  /// - Throws: `CloudEventError`, in words for the sender.
  package init(
    headers: [(name: String, value: String)], body: [UInt8]
  ) throws(CloudEventError) {
    let kind = headers.first { $0.name.lowercased() == "content-type" }?.value.lowercased() ?? ""
    if kind.hasPrefix("application/cloudevents-batch") { throw .batch }
    let isStructured = kind.hasPrefix("application/cloudevents")
    let event = try isStructured ? CloudEvent(structured: body) : CloudEvent(headers, body)
    try self.init(event)
  }

  /// Reads an event of the binary mode, whatever type its data says that it has.
  ///
  /// A payload logger passes on the content type of the client: who could choose the mode by it could write events.
  package init(
    binary headers: [(name: String, value: String)], body: [UInt8]
  ) throws(CloudEventError) {
    try self.init(CloudEvent(headers, body))
  }

  private init(_ event: CloudEvent) throws(CloudEventError) {
    let attributes = event.attributes
    let version = attributes["specversion"] ?? "1.0"
    guard version == "1.0" else { throw .specVersion(version) }
    let type = try attributes.required("type")
    guard let side = Side(rawValue: type) else { throw .type(type) }
    self.init(
      side: side, id: try attributes.required("id"),
      deployment: DeploymentName(
        namespace: try attributes.required("namespace"),
        name: try attributes.required("inferenceservicename")),
      server: try Self.server(attributes), at: try Self.time(attributes), body: event.data,
      entity: attributes["entity"])
  }

  private static func server(
    _ attributes: CloudEventAttributes
  ) throws(CloudEventError) -> Server {
    if let version = attributes["modelversion"] { return .version(version) }
    switch attributes["endpoint"] ?? "default" {
    case "default", "": return .stable
    case "canary": return .candidate
    case let other: throw .endpoint(other)
    }
  }

  private static func time(
    _ attributes: CloudEventAttributes
  ) throws(CloudEventError) -> Instant? {
    guard let text = attributes["time"] else { return nil }
    guard let time = Instant(timestamp: text) else { throw .time(text) }
    return time
  }
}

/// The attributes that are asked for, and no others.
struct CloudEventAttributes {
  /// Of one attribute: names and ids are far shorter.
  static let longest = 512
  private static let known: Set = [
    "specversion", "type", "id", "namespace", "inferenceservicename", "modelversion", "endpoint",
    "time", "entity",
  ]

  private var values: [String: String] = [:]

  subscript(name: String) -> String? { values[name] }

  func required(_ name: String) throws(CloudEventError) -> String {
    guard let value = values[name], !value.isEmpty else { throw .missing(name) }
    return value
  }

  mutating func set(_ name: String, to value: String) throws(CloudEventError) {
    guard Self.known.contains(name) else { return }
    if value.utf8.count > Self.longest { throw .tooLong(name) }
    values[name] = value
  }
}

/// An event of either mode.
private struct CloudEvent {
  var attributes = CloudEventAttributes()
  var data: [UInt8] = []

  init(
    _ headers: [(name: String, value: String)], _ body: [UInt8]
  ) throws(CloudEventError) {
    data = body
    for (name, value) in headers {
      let name = name.lowercased()
      guard name.hasPrefix("ce-") else { continue }
      try attributes.set(String(name.dropFirst(3)), to: percentDecoded(value))
    }
  }

  init(structured body: [UInt8]) throws(CloudEventError) {
    let envelope: Envelope
    do throws(PayloadError) { envelope = try Envelope(body) } catch { throw .envelope(error) }
    for (name, value) in envelope.texts { try attributes.set(name, to: value) }
    if let base64 = envelope.base64 {
      guard let decoded = base64Decoded(base64) else { throw .base64 }
      data = decoded
    } else {
      data = envelope.data ?? []
    }
  }
}

/// The members of an event in the structured mode, of which the last counts if one comes twice.
private struct Envelope {
  private(set) var texts: [(name: String, value: String)] = []
  private(set) var data: [UInt8]?
  private(set) var base64: [UInt8]?

  init(_ body: [UInt8]) throws(PayloadError) {
    var scanner = PayloadScanner()
    try scanner.begin(body)
    guard try scanner.peek() == .object else { throw scanner.failure(.noJSON) }
    try scanner.open()
    while let key = try scanner.key() {
      let isText = try scanner.peek() == .text
      if scanner.matches(key, "data"), !isText {
        data = Array(body[try scanner.extent()])
      } else if !isText {
        try scanner.skip()
      } else {
        take(try scanner.text(), of: key, scanner)
      }
    }
    try scanner.end()
  }

  /// Data as text is a payload, too, when the sender did not look into it.
  private mutating func take(
    _ text: PayloadScanner.Text, of key: PayloadScanner.Text, _ scanner: PayloadScanner
  ) {
    let value = scanner.texts[text.range]
    if scanner.matches(key, "data") {
      data = Array(value)
    } else if scanner.matches(key, "data_base64") {
      base64 = Array(value)
    } else {
      let name = String(decoding: scanner.texts[key.range], as: UTF8.self)
      texts.append((name, String(decoding: value, as: UTF8.self)))
    }
  }
}
