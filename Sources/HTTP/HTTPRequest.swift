import Foundation

/// What to ask of a server, and how long to wait for the answer.
package struct HTTPRequest: Sendable {
  package var method = "GET"
  /// http or https; nothing else is spoken.
  package var url: String
  package var headers: [(name: String, value: String)] = []
  package var body: [UInt8]?
  /// From the resolution of the name to the end of the TLS handshake.
  package var connectTimeout: Duration = .seconds(5)
  /// From the call to the last byte of the answer; nil for a stream without an end.
  package var timeout: Duration? = .seconds(30)
  /// Ends an exchange in which nothing moved for this long, such as a watch whose peer is gone.
  package var idleTimeout: Duration?
  /// The socket to connect to in place of the URL's host and port.
  package var unixSocket: String?
  /// The certificates to trust, in PEM; nil trusts the machine's.
  package var caFile: String?
  /// The certificates to trust, in PEM, where they lie in no file; they go before `caFile`.
  package var authority: [UInt8]?
  /// How the client says who it is when TLS is spoken.
  package var identity: Identity?
  /// A file of netrc's form, with the user and the password for each host that it names; other hosts get none.
  package var netrcFile: String?
  /// A proxy's URL; "" for none; nil takes it from the environment, except for loopback addresses.
  package var proxy: String?

  /// Whether only public addresses are connected to, whatever the name of the host resolves to.
  ///
  /// For URLs that others wrote: what listens on this machine and in its network trusts whoever reaches it.
  /// A proxy is connected to like a host, and so needs a public address, too.
  package var publicAddressesOnly = false
  /// Whether a redirection of a GET or HEAD to the same host is followed.
  package var followsRedirections = true

  package init(_ url: String) { self.url = url }

  /// A certificate and its key, in PEM; memory alone holds them.
  package struct Identity: Sendable {
    let certificate: [UInt8]
    let key: [UInt8]

    package init(certificate: [UInt8], key: [UInt8]) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// Adds the header that carries a user and a password.
  package mutating func authorize(user: String, password: String) {
    let encoded = Data("\(user):\(password)".utf8).base64EncodedString()
    headers.append((name: "Authorization", value: "Basic \(encoded)"))
  }

  /// Adds the header that carries a bearer token.
  package mutating func authorize(bearer token: String) {
    headers.append((name: "Authorization", value: "Bearer \(token)"))
  }
}

/// The status and the headers of an answer, whose body may still be on its way.
package struct HTTPHead: Sendable {
  package let status: Int
  /// Names in lower case, in the order in which they came.
  package let headers: [(name: String, value: String)]

  /// Returns the first value of a header.
  package func value(of name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.name == name }?.value
  }
}

/// A whole answer.
package struct HTTPResponse: Sendable {
  package let status: Int
  /// Names in lower case, in the order in which they came.
  package let headers: [(name: String, value: String)]
  package let body: [UInt8]
}

extension HTTPRequest {
  /// The method and the URL, without anything that may be secret.
  var operation: String {
    guard var parts = URLComponents(string: url) else { return "\(method) a malformed URL" }
    parts.user = nil
    parts.password = nil
    parts.fragment = nil
    let hasQuery = parts.query != nil
    parts.query = nil
    return "\(method) \(parts.string ?? "a malformed URL")\(hasQuery ? "?…" : "")"
  }

  /// Refuses what would change the meaning of the request on the wire.
  ///
  /// libcurl sends header lines as they are, so a line break in a token, such as the one at the end
  /// of the file it was read from, would begin another header.
  func validate() throws(HTTPError) {
    let isToken = method.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    guard isToken, !method.isEmpty else { throw refusal("the method is not a word") }
    for (name, value) in headers {
      let isClean = (name + value).utf8.allSatisfy { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
      guard isClean else { throw refusal("the header \(name.debugDescription) has a line break") }
      guard !name.isEmpty, !name.contains(":") else { throw refusal("a header has no valid name") }
    }
  }

  func refusal(_ message: String, _ kind: HTTPError.Kind = .refused) -> HTTPError {
    HTTPError(kind: kind, operation: operation, message: message)
  }

  /// Whether the URL's host is this machine, which no proxy can reach.
  package var isLoopback: Bool {
    guard unixSocket == nil else { return true }
    guard let host = URLComponents(string: url)?.host?.lowercased() else { return false }
    let isNumeric = host.allSatisfy { $0.isNumber || $0 == "." }
    return ["localhost", "[::1]", "::1"].contains(host) || isNumeric && host.hasPrefix("127.")
  }

  /// Returns the request that follows a redirection, or nil when the caller should see the answer.
  ///
  /// Only to the same scheme, host and port: everything else would carry credentials, or our reach
  /// into the network, to a place that nobody configured.
  func following(_ head: HTTPHead) -> HTTPRequest? {
    guard followsRedirections, [301, 302, 307, 308].contains(head.status),
      ["GET", "HEAD"].contains(method)
    else { return nil }
    guard let base = URL(string: url), let location = head.value(of: "location"),
      let target = URL(string: location, relativeTo: base)?.absoluteURL,
      target.scheme == base.scheme, target.host() == base.host(), target.port == base.port
    else { return nil }
    var next = self
    next.url = target.absoluteString
    return next
  }
}
