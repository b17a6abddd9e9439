import Foundation
import Manifests

/// The folder that stands for the watched repository when files on this machine are checked.
///
/// It is git's work tree around what was given; without one, the folder that was given, or for a file
/// alone the working folder. As for the controller, paths are those from its root, and nothing in it
/// is reached through a link.
struct ManifestTree: Hashable {
  /// Without a slash at its end.
  private let root: String

  init(around path: String) {
    let given = Self.real(path)
    let working = Self.real(FileManager.default.currentDirectoryPath)
    let fallback =
      Self.isFolder(given) ? given : given.hasPrefix(working + "/") ? working : ""
    root = Self.workTree(around: given) ?? fallback
  }

  /// Returns what the controller would say of a manifest.
  func decode(_ bytes: [UInt8], path: String) -> ManifestFile {
    decodeManifests(bytes, path: self.path(of: path), shownAs: path, profile: profile)
  }

  /// Returns where a file lies, from the root.
  func path(of file: String) -> String { String(Self.real(file).dropFirst(root.count + 1)) }

  /// Returns where a file of the tree is on this machine.
  func file(_ path: String) -> String { "\(root)/\(path)" }

  private func profile(at path: String) -> ProfileLookup {
    let file = file(path)
    guard Self.real(file) == file, let data = try? Data(contentsOf: URL(filePath: file)) else {
      return .missing
    }
    return ProfileLookup(Array(data), path: path)
  }

  private static func workTree(around path: String) -> String? {
    var folder = path
    while !folder.isEmpty {
      if FileManager.default.fileExists(atPath: folder + "/.git") { return folder }
      folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
    }
    return nil
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Returns the absolute path without links; that of the root folder is "".
  static func real(_ path: String) -> String {
    let path = URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path
    return path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
