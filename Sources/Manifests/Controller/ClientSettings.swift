/// What one client may take of the Envoy that all share.
package struct ClientSettings: Equatable, Sendable {
  /// How many connections there may be at once, of all clients together.
  package var connections: Int
  /// How many connections each address may keep; nil for as many as there are.
  package var connectionsPerAddress: Int?
  /// The largest body of a request, in bytes.
  package var bodyBytes: Int
  /// How long a request's head may take to come.
  package var headersWithin: Duration
  /// How long a connection may stay open without a request.
  package var idleFor: Duration

  package init(
    connections: Int = Defaults.clientConnections, connectionsPerAddress: Int? = nil,
    bodyBytes: Int = Defaults.clientBodyBytes,
    headersWithin: Duration = Defaults.clientHeaders, idleFor: Duration = Defaults.clientIdle
  ) {
    self.connections = connections
    self.connectionsPerAddress = connectionsPerAddress
    self.bodyBytes = bodyBytes
    self.headersWithin = headersWithin
    self.idleFor = idleFor
  }
}
