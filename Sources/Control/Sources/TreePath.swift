/// Where a file lies in a tree, compared by its bytes as git compares it.
///
/// Strings in Swift are equal when they are canonically equal in Unicode; two files may be.
struct TreePath: Hashable, Comparable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: TreePath, right: TreePath) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  /// Whether it lies in a folder, at any depth; everything lies in the root, which is "".
  func isBelow(_ folder: TreePath) -> Bool {
    let prefix = folder.text.utf8
    guard !prefix.isEmpty else { return true }
    return text.utf8.starts(with: prefix)
      && text.utf8.dropFirst(prefix.count).first == UInt8(ascii: "/")
  }

  static func < (left: TreePath, right: TreePath) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
    hasher.combine(text.utf8.count)
  }
}
