import Foundation
import TestKit

/// Returns what every file holds, packed objects of git unpacked.
func texts(under root: URL) throws -> [String] {
  let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
  let paths = (files?.allObjects ?? []).compactMap { ($0 as? URL)?.path }
  let repositories = (paths + [root.path]).filter { $0.hasSuffix(".git") }
  let objects = try repositories.map { repository in
    try shell([
      "sh", "-c",
      "git -C '\(repository)' cat-file --batch-all-objects --batch | tr -cd '[:print:]\\n'",
    ])
  }
  let contents = paths.compactMap { path in
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
  return objects + contents
}
