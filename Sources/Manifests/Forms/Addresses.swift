import Encoding

/// The parts of "scheme://user:secret@host/path".
struct Address {
  let scheme: String
  let host: String
  /// With its first slash; query and fragment included.
  let path: String

  /// Splits a text; nil when it has no "://".
  init?(_ text: String) {
    guard let colon = text.firstRange(of: "://") else { return nil }
    scheme = String(text[..<colon.lowerBound])
    let rest = text[colon.upperBound...]
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    let authority = rest[..<end]
    path = String(rest[end...])
    // What comes before "@" is who asks, and not where.
    host = String(authority.split(separator: "@").last ?? "")
  }

  /// Whether a word looks like an address with a secret in it, well-formed or not.
  ///
  /// A user name alone is one, except for ssh: with https tokens are put in its place.
  static func mayHoldSecret(_ word: some StringProtocol) -> Bool {
    let slashes = word.firstRange(of: "//")
    let authority = word[(slashes?.upperBound ?? word.startIndex)...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return false }
    let isShell = slashes.map { word[..<$0.lowerBound].hasSuffix("ssh:") } ?? true
    return !isShell || authority[..<at].contains(":")
  }

  /// Whether the host is this machine.
  var isLoopback: Bool {
    let name =
      host.hasPrefix("[")
      ? host.prefix { $0 != "]" }.dropFirst() : host.lowercased().prefix { $0 != ":" }
    let isNumeric = name.allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
    return name == "localhost" || name == "::1" || isNumeric && name.hasPrefix("127.")
  }

  /// Whether two addresses are on the same server.
  func sharesServer(with other: Address) -> Bool {
    (scheme, host.lowercased()) == (other.scheme, other.host.lowercased())
  }
}

extension Form where Value == String {
  /// Where a model's artifact is.
  static let modelURI = Form.scalar(
    "a URI", example: uriExample, schema: ["type": "string", "pattern": "^(file|https)://"]
  ) { scalar throws(TextRefusal) in
    try checkSecrets(scalar.text, hint: "a manifest holds no secrets")
    try checkLine(scalar.text, atMost: 2048)
    guard let address = Address(scalar.text) else {
      throw TextRefusal(message: "\"\(scalar.text.shortened)\" is not a URI", hint: uriExample)
    }
    guard !scalar.text.contains(where: { $0.isWhitespace || $0 == "\\" }) else {
      throw TextRefusal(message: "the URI has blanks or backslashes", hint: "write a blank as %20")
    }
    try check(address)
    return scalar.text
  }

  private static func check(_ address: Address) throws(TextRefusal) {
    switch address.scheme {
    case "file": try checkFile(address)
    case "https":
      guard !address.host.isEmpty else { throw TextRefusal(message: "the URI names no host") }
    case "s3", "oci", "mlflow":
      throw TextRefusal(
        message: Fields.unsupported("the scheme \"\(address.scheme)\""), hint: uriExample)
    default:
      throw TextRefusal(
        message: "unknown scheme \"\(address.scheme.shortened)\"",
        hint: address.scheme == "http" ? "write https: http protects nothing" : uriExample)
    }
  }

  private static func checkFile(_ address: Address) throws(TextRefusal) {
    guard address.host.isEmpty, address.path.count > 1 else {
      throw TextRefusal(
        message: "a file URI needs an absolute path and no host", hint: "write file:///models/…")
    }
    let parts = address.path.lowercased().replacing("%2e", with: ".").split { "/?#".contains($0) }
    guard !parts.contains("..") else { throw TextRefusal(message: "the path has \"..\" in it") }
  }

  private static let uriExample =
    "write it like file:///models/ranker/8 or https://host/ranker.joblib"

  /// Where a git repository is.
  static let repositoryURL = Form.scalar(
    "the address of a git repository", example: repositoryExample,
    schema: ["type": "string", "minLength": 1]
  ) { scalar throws(TextRefusal) in
    try checkSecrets(
      scalar.text, hint: "name a file that holds the secret: auth.passwordFile or auth.tokenFile")
    try checkLine(scalar.text, atMost: 2048)
    guard let address = Address(scalar.text) else {
      guard scalar.text.hasPrefix("/") || scalar.text.contains(":") else {
        throw TextRefusal(
          message: "\"\(scalar.text.shortened)\" is not the address of a git repository",
          hint: repositoryExample)
      }
      return scalar.text
    }
    guard ["https", "http", "ssh", "file"].contains(address.scheme) else {
      throw TextRefusal(
        message: "unknown scheme \"\(address.scheme.shortened)\"", hint: repositoryExample)
    }
    return scalar.text
  }

  private static let repositoryExample =
    "write https://host/repository.git, ssh://git@host/repository.git or /srv/repository.git"

  /// Refuses secrets in addresses without repeating them.
  static func checkSecrets(_ text: String, hint: String) throws(TextRefusal) {
    guard Address.mayHoldSecret(text) else { return }
    throw TextRefusal(
      message: "the address has a user name or a password in it", hint: hint, isConfidential: true)
  }
}
