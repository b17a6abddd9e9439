import Encoding

/// `spec.runtimes[].local.clients`.
enum ClientForm {
  static let limits: Form<ClientSettings> = .object(
    defaulted(
      "connections", Form.integer(1...1_000_000), default: .number(Defaults.clientConnections),
      "How many connections there may be at once."),
    optional(
      "connectionsPerAddress", Form.integer(1...1_000_000),
      "How many of them each address may keep. Default: no limit."),
    defaulted(
      "body", Form.bytes(1...1 << 40), default: .string(Defaults.clientBodyBytes.bytesText),
      "The largest body of a request; a larger one is a 413."),
    defaulted(
      "headersWithin", Form.duration(.milliseconds(100)...longestDuration),
      default: .string(Defaults.clientHeaders.manifestText),
      "How long the head of a request may take to come."),
    defaulted(
      "idleFor", Form.duration(.milliseconds(100)...longestDuration),
      default: .string(Defaults.clientIdle.manifestText),
      "How long a connection may stay open without a request.")
  ) { _, connections, perAddress, body, headers, idle in
    ClientSettings(
      connections: connections, connectionsPerAddress: perAddress, bodyBytes: body,
      headersWithin: headers, idleFor: idle)
  }
}
