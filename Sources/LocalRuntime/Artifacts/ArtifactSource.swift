import Foundation
import HTTP
import Manifests
import Rollouts

/// Where an artifact comes from: the part of a URI that this runtime can fetch.
enum ArtifactSource: Equatable, Sendable {
  /// A file or folder of this machine, and the folder that the operator allows, if one was named.
  case local(path: String, below: String?)
  /// - Parameter publicOnly: Whether the host must have a public address, because the operator did not name it.
  case web(url: String, publicOnly: Bool)

  /// Reads a URI that a team wrote, against what the operator allows.
  init(_ uri: String, settings: LocalSettings) throws {
    let shown = Self.shown(uri)
    guard let parts = URLComponents(string: uri), let scheme = parts.scheme?.lowercased() else {
      throw Self.refusal(shown, "it is no URI")
    }
    if scheme == "http" {
      throw Self.refusal(shown, "http can be altered on its way; use https")
    }
    guard let known = ArtifactScheme(rawValue: scheme) else {
      throw Self.refusal(shown, "the local runtime fetches file and https, not \(scheme)")
    }
    guard settings.allowedSchemes.contains(known) else {
      throw Self.refusal(shown, "the operator does not allow \(scheme)")
    }
    switch known {
    case .file: self = try Self.file(parts, shown, settings)
    case .https: self = try Self.https(parts, uri, shown, settings)
    }
  }

  private static func file(
    _ parts: URLComponents, _ shown: String, _ settings: LocalSettings
  ) throws -> ArtifactSource {
    guard ["", "localhost"].contains(parts.host ?? ""), parts.path.hasPrefix("/") else {
      throw refusal(shown, "a file URI is file:///absolute/path")
    }
    guard parts.query == nil, parts.fragment == nil else {
      throw refusal(shown, "a file has no query and no fragment")
    }
    let path =
      parts.path.count > 1 && parts.path.hasSuffix("/") ? parts.path.dropLast() : parts.path[...]
    return .local(path: String(path), below: try folder(above: String(path), shown, settings))
  }

  /// Returns the allowed folder that a path lies in; nil when any file may be read.
  ///
  /// The path is compared name by name, and must be plain: what "..", or a link, makes of it is not asked.
  private static func folder(
    above path: String, _ shown: String, _ settings: LocalSettings
  ) throws -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.dropFirst().contains(where: { ["", ".", ".."].contains($0) }) else {
      throw refusal(shown, "the path has an empty name, \".\" or \"..\" in it")
    }
    guard let allowed = settings.allowedFolders else { return nil }
    guard !allowed.isEmpty else {
      throw refusal(
        shown,
        "files are not allowed here: the operator names the folders of models in allowedFolders")
    }
    let folder = allowed.first { folder in
      let above = folder.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count > above.count
        && zip(parts, above).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }
    guard let folder else {
      throw refusal(shown, "the operator does not allow files of that folder")
    }
    return folder
  }

  private static func https(
    _ parts: URLComponents, _ uri: String, _ shown: String, _ settings: LocalSettings
  ) throws -> ArtifactSource {
    guard parts.user == nil, parts.password == nil else {
      // The URI is not shown: it holds a password.
      throw refusal("an https artifact", "a URI in git must not hold a password")
    }
    guard let host = parts.host?.lowercased(), !host.isEmpty else {
      throw refusal(shown, "it names no host")
    }
    guard settings.allowedHosts.isEmpty || settings.allowedHosts.contains(host) else {
      throw refusal(shown, "the operator does not allow the host \(host)")
    }
    return .web(url: uri, publicOnly: settings.allowedHosts.isEmpty)
  }

  /// The URI fit to be shown: without its query, which may hold a signature.
  static func shown(_ uri: String) -> String {
    let text = ProcessLog.printable(uri)
    guard let mark = text.firstIndex(of: "?") else { return text }
    return text[..<mark] + "?…"
  }

  /// The shown text without its middle where it is long: a record's reason must have room for it.
  static func shortened(_ uri: String) -> String {
    let text = shown(uri)
    return text.count > 100 ? text.prefix(39) + "…" + text.suffix(60) : text
  }

  private static func refusal(_ uri: String, _ message: String) -> LocalRuntimeError {
    LocalRuntimeError(.artifact, "fetch \(uri)", message)
  }
}
