import Crypto

/// Who may send events and labels: for each namespace a token, which its senders show.
package struct Tokens: Sendable {
  /// Stands for every namespace.
  package static let every = "*"
  package static let shortest = 16

  private let entries: [(namespace: String, token: SymmetricKey)]

  /// - Returns: nil when a token is shorter than 16 bytes, which could be guessed.
  package init?(_ tokens: [(namespace: String, token: String)]) {
    guard tokens.allSatisfy({ $0.token.utf8.count >= Self.shortest }) else { return nil }
    entries = tokens.map { ($0.namespace, SymmetricKey(data: Array($0.token.utf8))) }
  }

  package init(joining parts: [Tokens]) { entries = parts.flatMap(\.entries) }

  /// The namespaces that one sender may name.
  struct Scope: Sendable {
    let namespaces: Set<String>

    func holds(_ namespace: String) -> Bool {
      namespaces.contains(Tokens.every) || namespaces.contains(namespace)
    }
  }

  /// Returns what the sender of an `Authorization` header may name; nil when its token is nobody's.
  ///
  /// Every token is compared, each in constant time.
  func scope(of authorization: String?) -> Scope? {
    let words = (authorization ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
    let sent = Array(words[1].utf8)
    let own = entries.filter { Self.isSame(sent, as: $0.token) }.map(\.namespace)
    return own.isEmpty ? nil : Scope(namespaces: Set(own))
  }

  private static func isSame(_ sent: [UInt8], as token: SymmetricKey) -> Bool {
    let expected = token.withUnsafeBytes { bytes in
      HMAC<SHA256>.authenticationCode(for: bytes, using: token)
    }
    return HMAC<SHA256>.isValidAuthenticationCode(expected, authenticating: sent, using: token)
  }
}

/// By which names the console may be called.
///
/// A page in a browser can be given a name that means this machine. It is then called by that name, and so a
/// console on loopback answers to no name but this machine's own and those that the operator gives.
struct ConsoleHosts: Sendable {
  /// nil for any.
  private let names: Set<String>?

  init(listeningAt host: String, named names: [String]) {
    let isLoopback = host.hasPrefix("127.") || host == "::1" || host == "localhost"
    let own = isLoopback ? ["localhost", host] : []
    let all = own + names.map { $0.lowercased() }
    self.names = all.isEmpty ? nil : Set(all)
  }

  /// Whether a `Host` header, with or without a port, names the console.
  func allow(_ authority: String?) -> Bool {
    guard let names else { return true }
    guard let authority, !authority.isEmpty else { return false }
    let host =
      authority.hasPrefix("[")
      ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    return names.contains(host.lowercased())
  }
}
