import CGit2
import Control
import HeapModule

/// Lists the folders of a commit so that none hides another.
///
/// Think of one counter for many customers: each gets a turn, and whoever had the least comes next. The
/// folders of a folder share what may be read of it like that, on every level, so that a small folder is
/// read wholly beside one of any size. A commit is small even when what it names is not: a few kilobytes
/// of trees that contain each other twice, forty levels deep, are a trillion files.
struct FolderWalk {
  /// What is read of a commit at most, in entries: far more than any repository of manifests has, and
  /// read in well under a second.
  static let budget = 100_000
  /// What opening a folder costs beside its entries, which come at a fraction of that each.
  static let opening = 4
  /// How many files one folder may have, and how many folders: twice as many as the largest that was
  /// measured.
  static let largestFolder = 20_000
  /// Far deeper than anybody nests folders.
  static let deepest = 64
  /// Linux has no longer paths.
  static let longestPath = 4096
  /// So many folders are named; of more, those that they lie in.
  static let mostNamed = 100

  private var left = Self.budget
  private var found: [TreeEntry] = []
  /// The folders that were not read to their end, with the first reason of each.
  private var unread: [TreeEntry] = []
  private var noted: Set<[UInt8]> = []

  /// Returns what is below a folder, in path order.
  static func entries(
    below path: String, _ id: git_oid, in repository: borrowing RepositoryHandle
  ) -> [TreeEntry] {
    var walk = FolderWalk()
    let root = Folder(path, id, depth: 1)
    while root.isOpen, walk.left > 0 { _ = walk.advance(root, repository) }
    walk.noteRest(of: root)
    walk.boundWords(at: path)
    return (walk.found + walk.unread).sorted { left, right in
      left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
    }
  }

  /// Reads one folder: this one, or of those below the one that had the least; returns what that cost.
  private mutating func advance(
    _ folder: Folder, _ repository: borrowing RepositoryHandle
  ) -> Int {
    guard folder.isListed, let turn = folder.children.popMin() else {
      return list(folder, repository)
    }
    let cost = advance(turn.folder, repository)
    turn.folder.consumed += cost
    if turn.folder.isOpen { folder.children.insert(turn) }
    return cost
  }

  private mutating func list(
    _ folder: Folder, _ repository: borrowing RepositoryHandle
  ) -> Int {
    folder.isListed = true
    var listing = Listing(of: folder)
    do {
      let bytes = try repository.object(folder.id, GIT_OBJECT_TREE)
      listing.bytes = bytes.count
      try FolderBytes(bytes: bytes).forEach { listing.take($0) }
    } catch let error as GitError {
      listing.refuse(error.message)
    } catch {
      listing.refuse("it is no folder")
    }
    for file in listing.files { found.append(sized(file, repository)) }
    for (place, child) in listing.folders.enumerated() {
      folder.children.insert(Turn(folder: child, place: place))
    }
    if let problem = listing.problem { note(folder.path, problem) }
    left -= listing.cost
    return listing.cost
  }

  /// Returns an entry with its size, which is known from its header; without one it cannot be read.
  private func sized(
    _ file: Listing.File, _ repository: borrowing RepositoryHandle
  ) -> TreeEntry {
    let name = ObjectID(file.id).description
    guard file.kind != .submodule else {
      return TreeEntry(path: file.path, kind: file.kind, blob: name, size: 0)
    }
    do throws(GitError) {
      let size = try repository.header(of: file.id).size
      return TreeEntry(path: file.path, kind: file.kind, blob: name, size: size)
    } catch {
      return TreeEntry(path: file.path, kind: .unreadable(error.message), blob: name, size: 0)
    }
  }

  private mutating func note(_ path: String, _ problem: String) {
    guard noted.insert(Array(path.utf8)).inserted else { return }
    unread.append(TreeEntry(path: path, kind: .unreadFolder(problem), blob: "", size: 0))
  }

  /// Names the folders that are not read to their end because there are too many entries in all.
  private mutating func noteRest(of folder: Folder) {
    guard folder.isOpen else { return }
    let rest = folder.children.unordered
    guard folder.isListed, rest.allSatisfy(\.folder.isListed) else {
      return note(
        folder.path,
        "the commit has more than \(Self.budget) entries, of which this folder has most")
    }
    for child in rest.sorted(by: { $0.place < $1.place }) { noteRest(of: child.folder) }
  }

  /// Lets one word about a folder stand for many below it, as far down as that leaves few enough.
  private mutating func boundWords(at root: String) {
    guard unread.count > Self.mostNamed else { return }
    let paths = unread.map {
      $0.path.utf8.dropFirst(root.utf8.count).split(separator: UInt8(ascii: "/"))
    }
    var named: [[UInt8]: Int] = [[]: paths.count]
    for depth in 1...Self.deepest {
      let deeper = Dictionary(grouping: paths) { path in
        Array(path.prefix(depth).joined(separator: [UInt8(ascii: "/")]))
      }
      guard deeper.count <= Self.mostNamed else { break }
      named = deeper.mapValues(\.count)
    }
    (unread, noted) = ([], [])
    for (path, count) in named {
      let below = String(decoding: path, as: UTF8.self)
      note(
        root.isEmpty || below.isEmpty ? root + below : "\(root)/\(below)",
        "\(count) folders in it are too large, or too many")
    }
  }
}

extension FolderWalk {
  /// A folder on the way.
  private final class Folder {
    let path: String
    let id: git_oid
    let depth: Int
    var isListed = false
    /// What was read of it and of what is below.
    var consumed = 0
    /// Its folders that are not read to their end.
    var children = Heap<Turn>()

    var isOpen: Bool { !isListed || !children.isEmpty }
    /// What the paths of its entries begin with.
    var prefix: String { path.isEmpty ? "" : path + "/" }

    init(_ path: String, _ id: git_oid, depth: Int) {
      (self.path, self.id, self.depth) = (path, id, depth)
    }
  }

  /// Whose turn it is: who had the least, and among equals in the order of the names.
  private struct Turn: Comparable {
    let folder: Folder
    let place: Int

    static func == (left: Turn, right: Turn) -> Bool { left.folder === right.folder }

    static func < (left: Turn, right: Turn) -> Bool {
      (left.folder.consumed, left.place) < (right.folder.consumed, right.place)
    }
  }

  /// What is taken over from one folder.
  private struct Listing {
    typealias File = (path: String, kind: TreeEntry.Kind, id: git_oid)

    let folder: Folder
    let prefix: String
    var bytes = 0
    var files: [File] = []
    var folders: [Folder] = []
    private(set) var problem: String?

    init(of folder: Folder) { (self.folder, prefix) = (folder, folder.prefix) }

    mutating func refuse(_ reason: String) { problem = problem ?? reason }

    mutating func take(_ entry: FolderBytes.Entry) {
      // Such a name would be taken for another folder's.
      guard !entry.name.contains(UInt8(ascii: "/")) else {
        return refuse("a name in it has a slash")
      }
      let path = prefix + FolderBytes.text(of: entry.name)
      guard path.utf8.count <= FolderWalk.longestPath else {
        return refuse("paths in it are longer than \(FolderWalk.longestPath) bytes")
      }
      if let id = entry.folder { return take(folder: path, id) }
      guard files.count < FolderWalk.largestFolder else {
        return refuse(
          "it has more than \(FolderWalk.largestFolder) files, of which only the first are read")
      }
      files.append(
        (path, entry.isSubmodule ? .submodule : entry.isLink ? .symbolicLink : .file, entry.id))
    }

    private mutating func take(folder path: String, _ id: git_oid) {
      guard folder.depth < FolderWalk.deepest else {
        return refuse("folders are nested deeper than \(FolderWalk.deepest)")
      }
      guard folders.count < FolderWalk.largestFolder else {
        return refuse(
          "it has more than \(FolderWalk.largestFolder) folders, of which only the first are read")
      }
      folders.append(Folder(path, id, depth: folder.depth + 1))
    }

    /// What the folder costs of the budget: its entries, more for long names and for what is passed over.
    var cost: Int {
      let names = (files.map(\.path) + folders.map(\.path)).reduce(0) { $0 + $1.utf8.count }
      return FolderWalk.opening + files.count + folders.count + names / 256 + bytes / 4096
    }
  }
}
