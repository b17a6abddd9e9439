import Foundation

/// Where a repository is, taken apart: whatever may be secret is kept separate from the rest.
struct RemoteAddress: Equatable, Sendable {
  enum Scheme: String, Sendable { case file, http, https, ssh }

  let scheme: Scheme
  let user: String?
  let password: Secret?
  /// Without the brackets of an IPv6 address; empty for a file.
  let host: String
  let port: Int?
  let path: String
  /// Whether it was written `user@host:path`, whose path begins at the home directory.
  let isShort: Bool

  /// Understands what git understands: URLs, `user@host:path` and paths.
  init(_ text: String) throws(GitError) {
    if text.lowercased().hasPrefix("file://") {
      let parts = URLComponents(string: text)
      guard let parts, parts.host?.isEmpty ?? true, !parts.path.isEmpty else {
        throw Self.invalid("file://…", "it must be file:///path, and a path of this machine")
      }
      self.init(file: parts.path)
    } else if text.contains("://") {
      try self.init(url: text)
    } else if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") {
      try self.init(short: text, colon: colon)
    } else {
      guard !text.isEmpty else { throw Self.invalid("an empty address", "names no repository") }
      self.init(file: text)
    }
    let isClean = path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    guard isClean else { throw Self.invalid(description, "the path has control characters") }
  }

  private init(file path: String) {
    scheme = .file
    (user, password, host, port, isShort) = (nil, nil, "", nil, false)
    self.path = URL(filePath: path).standardizedFileURL.path
  }

  private init(short text: String, colon: String.Index) throws(GitError) {
    let parts = text[..<colon].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    scheme = .ssh
    user = parts.count == 2 ? String(parts[0]) : nil
    host = String(parts[parts.count - 1])
    path = String(text[text.index(after: colon)...])
    (password, port, isShort) = (nil, nil, true)
    guard !path.hasPrefix(":") else {
      throw Self.invalid("\(host)::…", "git's remote helpers are not supported")
    }
    try requireSafe()
  }

  private init(url text: String) throws(GitError) {
    guard let parts = URLComponents(string: text), let name = parts.scheme?.lowercased() else {
      throw Self.invalid("a remote address", "this is not a valid URL")
    }
    guard let scheme = Scheme(rawValue: name) else {
      throw Self.invalid("\(name)://…", "the scheme must be https, ssh or file")
    }
    self.scheme = scheme
    user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
    password = parts.password.map { Secret($0) }
    host = (parts.host ?? "").trimmingCharacters(in: ["[", "]"])
    port = parts.port
    path = parts.path
    isShort = false
    try requireSafe()
    guard scheme != .http || isLoopback else {
      throw Self.invalid(description, "http:// is only for this machine: use https://")
    }
  }

  private var isLoopback: Bool {
    let isNumeric = host.allSatisfy { $0.isNumber || $0 == "." }
    return host == "localhost" || host == "::1" || isNumeric && host.hasPrefix("127.")
  }

  /// The server runs `git-upload-pack 'path'` in a shell, and libgit2 escapes nothing.
  private func requireSafe() throws(GitError) {
    guard !host.isEmpty, !host.hasPrefix("-") else {
      throw Self.invalid("a remote address", "the host is missing")
    }
    guard !path.isEmpty, path != "/" else { throw Self.invalid(description, "the path is missing") }
    guard scheme == .ssh else { return }
    guard !path.contains("'"), !path.contains("\\") else {
      throw Self.invalid(description, "an ssh path may not have quotes or backslashes")
    }
    guard password == nil else {
      throw Self.invalid(description, "ssh passwords are not supported: use a key")
    }
  }

  private static func invalid(_ what: String, _ why: String) -> GitError {
    GitError(.invalid, "use \(what)", why)
  }
}

extension RemoteAddress: CustomStringConvertible {
  /// Without user and password.
  var description: String { text(user: nil) }

  /// What libgit2 is given: with the user for ssh, never with a password.
  func url(user: String?) -> String { text(user: scheme == .ssh ? user ?? self.user : nil) }

  private func text(user: String?) -> String {
    let host = (user.map { "\($0)@" } ?? "") + (host.contains(":") ? "[\(host)]" : host)
    if isShort { return "\(host):\(path)" }
    if scheme == .file { return URL(filePath: path).absoluteString }
    let port = port.map { ":\($0)" } ?? ""
    let allowed = CharacterSet.urlPathAllowed
    let path = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
    // libgit2's ssh takes the path as it is.
    return "\(scheme)://\(host)\(port)\(scheme == .ssh ? self.path : path)"
  }

  /// Equal for every way to write the same repository, as far as can be said without asking.
  ///
  /// Scheme, user, letter case and the ending ".git" do not matter. It errs towards equal: its use is
  /// to refuse a configuration in which the controller would react to its own commits.
  var normalised: String {
    guard scheme != .file else {
      let resolved = URL(filePath: path).resolvingSymlinksInPath().path
      return "file:" + resolved.trimmingSuffix("/.git")
    }
    let standard = ["https": 443, "http": 80, "ssh": 22][scheme.rawValue]
    let port = port.flatMap { $0 == standard ? nil : ":\($0)" } ?? ""
    let parts = path.split(separator: "/").drop { $0 == "~" }
    return "\(host)\(port)/\(parts.joined(separator: "/"))".lowercased().trimmingSuffix(".git")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
