import Foundation
import Glibc

/// The file operations of this module: whole files, durable, and never inherited by a child.
///
/// They block; call them from an actor on a `BlockingQueue`.
enum Files {
  static func error(_ operation: String, _ path: String) -> LocalRuntimeError {
    let kind: LocalRuntimeError.Kind = [ENOSPC, EDQUOT].contains(errno) ? .full : .file
    return LocalRuntimeError(kind, "\(operation) \(path)", String(cString: strerror(errno)))
  }

  /// Opens a file that a child process will not inherit, and hands it to `body`.
  static func withFile<Result>(
    _ path: String, _ flags: Int32, _ operation: String, _ body: (Int32) throws -> Result
  ) throws -> Result {
    let descriptor = open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw error(operation, path) }
    defer { close(descriptor) }
    return try body(descriptor)
  }

  /// The largest of what we write ourselves is Envoy's configuration: a few megabytes for a thousand servers.
  static let largestContents = 64 << 20

  /// Returns how many bytes a file holds; none when there is none.
  static func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Returns the contents of a file, or nil when there is none; a larger one than `limit` is refused.
  static func contents(of path: String, atMost limit: Int = largestContents) throws -> [UInt8]? {
    guard access(path, F_OK) == 0 else { return nil }
    let bytes = try piece(of: path, from: 0, atMost: limit + 1)
    guard bytes.count <= limit else {
      throw LocalRuntimeError(.file, "read \(path)", "it is larger than \(limit) bytes")
    }
    return bytes
  }

  /// Returns the bytes of a file from a place on, and no more than `limit`, however fast it grows.
  static func piece(of path: String, from offset: Int, atMost limit: Int) throws -> [UInt8] {
    try withFile(path, O_RDONLY, "read") { descriptor in
      guard offset == 0 || lseek(descriptor, offset, SEEK_SET) >= 0 else {
        throw error("read", path)
      }
      var bytes: [UInt8] = []
      while bytes.count < limit {
        let chunk = try read(descriptor, path: path, atMost: min(1 << 16, limit - bytes.count))
        guard !chunk.isEmpty else { break }
        bytes += chunk
      }
      return bytes
    }
  }

  /// Returns the next bytes of an open file; none at its end.
  static func read(_ descriptor: Int32, path: String, atMost count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      var got = Glibc.read(descriptor, buffer.baseAddress, count)
      while got < 0, errno == EINTR { got = Glibc.read(descriptor, buffer.baseAddress, count) }
      guard got >= 0 else { throw error("read", path) }
      filled = got
    }
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
    try bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = Glibc.write(
          descriptor, buffer.baseAddress?.advanced(by: done), bytes.count - done)
        guard count > 0 || errno == EINTR else { throw error("write", path) }
        done += max(count, 0)
      }
    }
  }

  /// Replaces a file at once: a reader, also after a power cut, sees the old one or the new one.
  ///
  /// `stage` is a folder on the same file system, for the file while it is written. A full disk costs
  /// the ballast beside it, if there is one; what the way back can do without leaves it alone.
  static func replace(
    _ text: String, at path: String, stage: String, mayCostBallast: Bool = true
  ) throws {
    do {
      try put(text, at: path, stage: stage)
    } catch let error as LocalRuntimeError where error.kind == .full && mayCostBallast {
      guard Ballast(beside: stage).release() else { throw error }
      try put(text, at: path, stage: stage)
    }
  }

  private static func put(_ text: String, at path: String, stage: String) throws {
    let staged = "\(stage)/\(UUID().uuidString)"
    do {
      try withFile(staged, O_WRONLY | O_CREAT | O_EXCL, "create") { descriptor in
        try write(Array(text.utf8), to: descriptor, path: staged)
        guard fsync(descriptor) == 0 else { throw error("sync", staged) }
      }
      guard rename(staged, path) == 0 else { throw error("replace", path) }
    } catch {
      unlink(staged)
      throw error
    }
    try sync(folder: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
  }

  /// Makes the names in a folder durable.
  static func sync(folder: String) throws {
    try withFile(folder, O_RDONLY | O_DIRECTORY, "open") { descriptor in
      guard fsync(descriptor) == 0 else { throw error("sync", folder) }
    }
  }

  /// Creates a folder that only we may read, and those above it.
  static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw LocalRuntimeError(.file, "create the folder \(path)", "\(error.localizedDescription)")
    }
  }

  /// Lets every user read a file, or a folder with all that is in it; what only its owner may run stays so for all.
  static func letAllRead(_ path: String) throws {
    guard isFolder(path) else { return try allow(0o444, path) }
    try allow(0o555, path)
    for name in names(in: path) { try letAllRead("\(path)/\(name)") }
  }

  /// Lets every user pass a folder and read these of its files, if they are there.
  static func letAllRead(_ folder: String, only names: [String]) throws {
    try allow(0o555, folder)
    for path in names.map({ "\(folder)/\($0)" }) where access(path, F_OK) == 0 {
      try allow(0o444, path)
    }
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func allow(_ mode: mode_t, _ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw error("look at", path) }
    // A link has no mode of its own, and leads to what is none of ours.
    guard status.st_mode & S_IFMT != S_IFLNK, status.st_mode & mode != mode else { return }
    guard chmod(path, status.st_mode & 0o7777 | mode) == 0 else { throw error("let read", path) }
  }

  /// Returns where a symbolic link leads; nil when it cannot be read.
  static func target(ofLink path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    return count > 0
      ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  /// Returns the names in a folder, in order; none when it does not exist.
  static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// Removes a file or a folder with everything in it; what is already gone is no error.
  static func remove(_ path: String) throws {
    guard access(path, F_OK) == 0 else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw LocalRuntimeError(.file, "remove \(path)", "\(error.localizedDescription)")
    }
  }

  /// Decodes a file that we wrote; nil when there is none.
  static func decode<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value? {
    guard let bytes = try contents(of: path) else { return nil }
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw LocalRuntimeError(.file, "read \(path)", "it is not what was written: \(error)")
    }
  }

  /// Replaces a file by a value, as JSON that every user may read.
  static func publish(_ value: some Encodable, to path: String, stage: String) throws {
    let staged = "\(stage)/\(UUID().uuidString)"
    try encode(value, to: staged, stage: stage)
    try allow(0o444, staged)
    guard rename(staged, path) == 0 else {
      let error = error("replace", path)
      unlink(staged)
      throw error
    }
    try sync(folder: Tools.folder(of: path))
  }

  /// Replaces a file by a value, as JSON that a person can read.
  static func encode(
    _ value: some Encodable, to path: String, stage: String, mayCostBallast: Bool = true
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    try replace(text + "\n", at: path, stage: stage, mayCostBallast: mayCostBallast)
  }
}
