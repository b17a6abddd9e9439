import CGit2
import Glibc

/// A folder as git stores it: of each entry the mode, a space, the name, a zero and the twenty bytes of
/// its object's name.
///
/// libgit2 takes a folder apart into a list before one may look at it, and most of a folder is as it was
/// in the commit before.
struct FolderBytes {
  let bytes: [UInt8]

  static let empty = FolderBytes(bytes: [])

  /// One line of a folder.
  struct Entry {
    let mode: UInt32
    let name: ArraySlice<UInt8>
    let id: git_oid
    /// Where the next one begins.
    let end: Int

    private var kind: UInt32 { mode & 0o170000 }
    var isLink: Bool { kind == GIT_FILEMODE_LINK.rawValue }
    var isSubmodule: Bool { kind == GIT_FILEMODE_COMMIT.rawValue }
    fileprivate var isFolder: Bool { kind == GIT_FILEMODE_TREE.rawValue }
    var isFile: Bool { !isFolder && !isSubmodule }
    /// The folder that it names; nil when it is something else.
    var folder: git_oid? { isFolder ? id : nil }
  }

  /// An entry that is none.
  struct Broken: Error {}

  /// Returns the entry that begins at a place; nil behind the last.
  private func entry(at place: Int) throws(Broken) -> Entry? {
    guard place < bytes.count else { return nil }
    guard let end = end(at: place) else { throw Broken() }
    let line = bytes[place..<(end - Self.width - 1)]
    guard let space = line.firstIndex(of: UInt8(ascii: " ")), let mode = Self.mode(line[..<space]),
      space + 1 < line.endIndex
    else { throw Broken() }
    var id = git_oid()
    withUnsafeMutableBytes(of: &id) { $0.copyBytes(from: bytes[(end - Self.width)..<end]) }
    return Entry(mode: mode, name: line[(space + 1)...], id: id, end: end)
  }

  /// Returns the name of an entry; what is not UTF-8 as "\xNN", so that different bytes stay different.
  static func text(of name: some Collection<UInt8>) -> String {
    if let text = String(validating: name, as: UTF8.self) { return text }
    return name.map { byte in
      guard !(0x20...0x7E).contains(byte) else { return String(Unicode.Scalar(byte)) }
      return "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  /// Calls `body` with each entry, in order.
  func forEach(_ body: (Entry) -> Void) throws(Broken) {
    var place = 0
    while let entry = try entry(at: place) {
      body(entry)
      place = entry.end
    }
  }

  /// Returns the entries that have one name in both and are not the same, or are in one alone.
  static func differences(
    _ left: FolderBytes, _ right: FolderBytes
  ) throws(Broken) -> [(left: Entry?, right: Entry?)] {
    var different: [(left: Entry?, right: Entry?)] = []
    let begin = firstDifference(left, right)
    var (old, new) = (try left.entry(at: begin), try right.entry(at: begin))
    while old != nil || new != nil {
      let isOld = old.map { old in new.map { !$0.isBefore(old) } ?? true } ?? false
      let isNew = new.map { new in old.map { !$0.isBefore(new) } ?? true } ?? false
      if !isOld || !isNew || old != new {
        different.append((isOld ? old : nil, isNew ? new : nil))
      }
      if isOld, let entry = old { old = try left.entry(at: entry.end) }
      if isNew, let entry = new { new = try right.entry(at: entry.end) }
    }
    return different
  }

  /// Returns where the first entry begins that is not the same in both.
  private static func firstDifference(_ left: FolderBytes, _ right: FolderBytes) -> Int {
    var place = 0
    while let end = left.end(at: place), end <= right.bytes.count,
      left.bytes[place..<end] == right.bytes[place..<end]
    { place = end }
    return place
  }

  /// Reads octal digits.
  private static func mode(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard (1...6).contains(digits.count) else { return nil }
    return digits.reduce(0) { mode, digit in
      mode.flatMap { (0x30...0x37).contains(digit) ? $0 << 3 | UInt32(digit - 0x30) : nil }
    }
  }

  private static let width = Int(GIT_OID_RAWSZ)

  /// Where the entry ends that begins at a place; nil when it does not.
  private func end(at place: Int) -> Int? {
    bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress.map({ $0 + place }),
        let zero = memchr(start, 0, bytes.count - place)
      else { return nil }
      let end = place + (UnsafeRawPointer(zero) - start) + 1 + Self.width
      return end <= bytes.count ? end : nil
    }
  }
}

extension FolderBytes.Entry: Equatable {
  /// Wherever they stand.
  static func == (left: Self, right: Self) -> Bool {
    var (old, new) = (left.id, right.id)
    return left.mode == right.mode && git_oid_equal(&old, &new) == 1 && left.name == right.name
  }

  /// Whether it comes before another in a folder, as git sorts: folders as if a slash followed.
  fileprivate func isBefore(_ other: FolderBytes.Entry) -> Bool {
    let common = min(name.count, other.name.count)
    let (left, right) = (name.prefix(common), other.name.prefix(common))
    guard left == right else { return left.lexicographicallyPrecedes(right) }
    return byte(behind: common) < other.byte(behind: common)
  }

  private func byte(behind count: Int) -> UInt8 {
    name.dropFirst(count).first ?? (isFolder ? UInt8(ascii: "/") : 0)
  }
}

/// What the reading of one commit leaves for the next, which is nearly always its child: its tree, and
/// its folders.
struct CommitMemory {
  /// Of the commit that was read last.
  var last: (commit: git_oid, tree: git_oid)?
  private var folders: [[UInt8]: FolderBytes] = [:]
  private var size = 0

  /// Far more than the present folders of a fleet, and little beside what else an audit holds.
  private static let largest = 16 << 20

  /// Takes out a folder that the next commit has another of.
  mutating func take(_ id: git_oid) -> FolderBytes? {
    guard let folder = folders.removeValue(forKey: Self.key(id)) else { return nil }
    size -= folder.bytes.count
    return folder
  }

  mutating func keep(_ folder: FolderBytes, _ id: git_oid) {
    if size + folder.bytes.count > Self.largest { (folders, size) = ([:], 0) }
    guard folders.updateValue(folder, forKey: Self.key(id)) == nil else { return }
    size += folder.bytes.count
  }

  private static func key(_ id: git_oid) -> [UInt8] { withUnsafeBytes(of: id) { Array($0) } }
}
