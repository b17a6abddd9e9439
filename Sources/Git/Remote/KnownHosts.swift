import Crypto
package import Foundation
import Ledger

/// The host and port of an ssh server, as known_hosts files name it.
package struct HostName: Hashable, Sendable, CustomStringConvertible {
  let name: String
  let port: Int

  package init(_ name: String, port: Int) {
    self.name = name.lowercased()
    self.port = port
  }

  /// "example.org", or "[example.org]:2222" for another port than ssh's own.
  package var description: String { port == 22 ? name : "[\(name)]:\(port)" }
}

/// Where the keys of ssh servers are known from.
package enum KnownHostsSource: Equatable, Sendable {
  /// The user's file, then the machine's.
  case machine
  case file(String)
  case text(String)

  func load() throws(GitError) -> KnownHosts {
    switch self {
    case .text(let text): return KnownHosts(text)
    case .file(let path):
      do {
        return KnownHosts(try String(contentsOfFile: path, encoding: .utf8))
      } catch {
        throw GitError(.notFound, "read the known hosts from \(path)", "the file is not readable")
      }
    case .machine:
      let home = ProcessInfo.processInfo.environment["HOME"] ?? "/root"
      let files = ["\(home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"]
      // Either may be missing; a host that is in neither is unknown.
      let texts = files.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      return KnownHosts(texts.joined(separator: "\n"))
    }
  }
}

/// The contents of an OpenSSH known_hosts file.
///
/// Lines that name certificate authorities are passed over: libssh2 knows no certificates.
package struct KnownHosts: Sendable {
  package enum Verdict: Equatable, Sendable { case known, unknown, changed, revoked }

  struct Key: Equatable, Sendable {
    let type: String
    let base64: String

    var raw: Data? { Data(base64Encoded: base64) }
  }

  private struct Line: Sendable {
    let patterns: [Substring]
    let key: Key
    let isRevoked: Bool
  }

  private let lines: [Line]

  package init(_ text: String) {
    lines = text.split(whereSeparator: \.isNewline).compactMap { Self.parse($0) }
  }

  /// Returns the keys that a host may show.
  func keys(of host: HostName) -> [Key] {
    lines.filter { !$0.isRevoked && Self.matches($0.patterns, host) }.map(\.key)
  }

  package func verdict(on key: Data, of host: HostName) -> Verdict {
    let matching = lines.filter { Self.matches($0.patterns, host) }
    let same = matching.filter { $0.key.raw == key }
    if same.contains(where: \.isRevoked) { return .revoked }
    if !same.isEmpty { return .known }
    let type = keyType(of: key)
    return matching.contains { !$0.isRevoked && $0.key.type == type } ? .changed : .unknown
  }

  private static func parse(_ line: Substring) -> Line? {
    var fields = line.split(whereSeparator: \.isWhitespace)
    guard let first = fields.first, !first.hasPrefix("#") else { return nil }
    let isRevoked = first == "@revoked"
    if isRevoked { fields.removeFirst() }
    guard fields.count >= 3, !fields[0].hasPrefix("@") else { return nil }
    return Line(
      patterns: fields[0].split(separator: ","),
      key: Key(type: String(fields[1]), base64: String(fields[2])), isRevoked: isRevoked)
  }

  private static func matches(_ patterns: [Substring], _ host: HostName) -> Bool {
    let name = host.description
    if patterns.contains(where: { $0.first == "!" && matches(glob: $0.dropFirst(), name) }) {
      return false
    }
    return patterns.contains { pattern in
      pattern.hasPrefix("|1|") ? matches(hashed: pattern, name) : matches(glob: pattern, name)
    }
  }

  /// "|1|salt|hash": the name is hidden in an HMAC, so that a stolen file is no map of the network.
  private static func matches(hashed pattern: Substring, _ name: String) -> Bool {
    let parts = pattern.split(separator: "|")
    guard parts.count == 3, let salt = Data(base64Encoded: String(parts[1])),
      let hash = Data(base64Encoded: String(parts[2]))
    else { return false }
    let key = SymmetricKey(data: salt)
    return HMAC<Insecure.SHA1>.isValidAuthenticationCode(
      hash, authenticating: Data(name.utf8), using: key)
  }

  /// "*" stands for any characters, "?" for one.
  private static func matches(glob pattern: Substring, _ name: String) -> Bool {
    let (pattern, name) = (Array(pattern.lowercased()), Array(name))
    // The classic two-finger walk: on a mismatch the last star takes one character more.
    var (at, position, star, resume) = (0, 0, -1, 0)
    while position < name.count {
      if at < pattern.count, pattern[at] == "*" {
        (star, resume) = (at, position)
        at += 1
      } else if at < pattern.count, pattern[at] == "?" || pattern[at] == name[position] {
        at += 1
        position += 1
      } else if star >= 0 {
        resume += 1
        (at, position) = (star + 1, resume)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == "*" }
  }
}
