import Glibc

/// Reads every line of a file that grows once, also after it was renamed, cut or written anew.
///
/// A file is known by its inode, so that a renamed one is read to its end under its other name.
/// There are two at most:
///
/// ```
/// payload.jsonl.1    put aside; removed when it was read and nobody writes to it any more
/// payload.jsonl      Envoy appends to it
/// ```
package struct CaptureReader: Sendable {
  /// How far was read.
  package struct Position: Codable, Equatable, Sendable {
    package var inode: UInt64 = 0
    package var offset = 0

    package init() {}
  }

  /// What one step read.
  package struct Step: Sendable {
    /// Without their ends.
    package var lines: [ArraySlice<UInt8>] = []
    /// Lines that are longer than a step.
    package var tooLong = 0
    /// Whether there was nothing more.
    package var isAtEnd = false
  }

  package let path: String
  package private(set) var position: Position
  /// What one step reads at most, in bytes: twice what two bodies of escapes can come to.
  private let stepSize: Int
  /// Whether the beginning of a line was too long, and its rest is to be skipped.
  private var isSkipping = false

  package init(_ path: String, position: Position = Position(), stepSize: Int = 2 << 20) {
    self.path = path
    self.position = position
    self.stepSize = stepSize
  }

  package var oldPath: String { path + ".1" }

  /// Whether a file was put aside, and nobody has begun the next one.
  package var awaitsReopening: Bool { status(oldPath) != nil && status(path) == nil }

  /// The size of both files, in bytes.
  package var size: Int { (status(oldPath)?.size ?? 0) + (status(path)?.size ?? 0) }

  /// Puts the file aside when it has grown to `limit` bytes and none is aside; then Envoy must be
  /// told to begin the next one.
  package func rotate(at limit: Int) throws {
    guard let file = status(path), file.size >= limit, status(oldPath) == nil else { return }
    guard rename(path, oldPath) == 0 else { throw Files.error("rotate", path) }
  }

  /// Reads on, by one step at most.
  package mutating func next() throws -> Step {
    let current = status(path)
    guard let old = status(oldPath) else {
      guard let current else { return Step(isAtEnd: true) }
      return try read(path, current)
    }
    // Envoy closes a file before it begins the next one: `current` was looked at first, so that the
    // other one is complete when it is read now.
    if position.inode != current?.inode {
      let step = try read(oldPath, old)
      guard step.isAtEnd, let current else { return step }
      move(to: current.inode)
    }
    try Files.remove(oldPath)
    return Step()
  }

  private mutating func move(to inode: UInt64) {
    position.inode = inode
    position.offset = 0
    isSkipping = false
  }

  private mutating func read(_ path: String, _ file: (inode: UInt64, size: Int)) throws -> Step {
    if position.inode != file.inode || position.offset > file.size { move(to: file.inode) }
    guard position.offset < file.size else { return Step(isAtEnd: true) }
    return take(
      try Files.withFile(path, O_RDONLY, "read") { descriptor in
        let place = lseek(descriptor, position.offset, SEEK_SET)
        guard place >= 0 else { throw Files.error("read", path) }
        return try Files.read(descriptor, path: path, atMost: stepSize)
      })
  }

  private mutating func take(_ bytes: [UInt8]) -> Step {
    var step = Step()
    guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
      guard bytes.count == stepSize else { return Step(isAtEnd: true) }
      if !isSkipping { step.tooLong = 1 }
      isSkipping = true
      position.offset += bytes.count
      return step
    }
    step.lines = bytes[..<last].split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if isSkipping { step.lines.removeFirst() }
    isSkipping = false
    position.offset += last + 1
    return step
  }

  private func status(_ path: String) -> (inode: UInt64, size: Int)? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return (UInt64(status.st_ino), Int(status.st_size))
  }
}
