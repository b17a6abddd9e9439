/// Where Envoy and the probes reach one model server.
package enum ServerAddress: Hashable, Sendable {
  /// A port of 127.0.0.1, which any process of the machine may take when its server has left it.
  case port(Int)
  /// A unix socket in a folder of the controller's, which the server got from it.
  case socket(String)
  /// Nowhere: a server that does not listen, or of which it is not certain that it does.
  ///
  /// Requests fail at once, as they do at a port on which nothing listens, and are counted as they are
  /// there.
  case closed

  /// No process can make a socket below a device, so that a connection to it is always refused.
  package static let closedPath = "/dev/null/closed"
}
