import Foundation
import Testing

/// A file of Swift: where it lies, and its text.
struct SourceFile: Equatable, Sendable {
  /// The target of a file under `Sources` or `Tests`: the name of its folder there.
  let target: String
  let path: String
  let text: String

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// The modules that it imports, also where it imports one type of them.
  var imports: [Substring] {
    lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let keyword = words.firstIndex(of: "import"), keyword <= 1 else { return nil }
      return words.last?.prefix { $0 != "." }
    }
  }

  /// The files that make the program.
  static let sources = files(under: "Sources")
  static let all = sources + files(under: "Tests") + files(under: "hack/bench")

  private static func files(under folder: String) -> [SourceFile] {
    let root = URL(filePath: #filePath).appending(path: "../../..").standardized
    let found = FileManager.default.enumerator(
      at: root.appending(path: folder), includingPropertiesForKeys: nil)
    return (found?.allObjects ?? []).compactMap { $0 as? URL }.compactMap { url in
      guard url.pathExtension == "swift" else { return nil }
      guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
      let path = String(url.path.dropFirst(root.path.count + 1))
      return SourceFile(target: String(path.split(separator: "/")[1]), path: path, text: text)
    }
  }
}
