import Encoding
import Foundation
import Glibc
import Processes

/// How far a table is read.
package enum TableProgress: Equatable {
  /// So many megabytes of so many; nil where the size is not known.
  case reading(megabytes: Int, of: Int?)
  case ended
}

/// A file of rows that a person named; "-" is standard input.
package struct TableFile {
  package let path: String
  private let tell: (TableProgress) -> Void

  /// - Parameters:
  ///   - path: The file.
  ///   - tell: Is called while rows are read, and once when that ends.
  package init(path: String, tell: @escaping (TableProgress) -> Void = { _ in }) {
    self.path = path
    self.tell = tell
  }

  /// What a profile says of where its rows came from.
  package var source: String {
    path == "-" ? "standard input" : DisplayText.safe(URL(filePath: path).lastPathComponent)
  }

  /// Lets every row be taken, once.
  package func read(into rows: inout some RowTaking) throws {
    let input = try RowInput(path)
    do throws(TableProblem) {
      defer { tell(.ended) }
      try input.read(into: &rows) { tell(.reading(megabytes: $0, of: input.megabytes)) }
    } catch {
      throw TableError.row(of: path == "-" ? source : path, error)
    }
    try input.finish()
  }
}

/// The bytes of rows, from a file, standard input, or a program that reads Parquet.
private struct RowInput {
  private let handle: FileHandle
  private let converter: Converter?
  /// The size of the file, rounded up; nil where nobody knows.
  let megabytes: Int?

  /// No row is longer: what is, is no table.
  private static let longestRow = 1 << 20
  /// So much is read at once: it is still in the processor's cache when it is looked at.
  private static let piece = 1 << 18
  private static let bytesPerMegabyte = 1_000_000

  init(_ path: String) throws {
    if path == "-" {
      (handle, converter, megabytes) = (.standardInput, nil, nil)
      return
    }
    let file = try Self.open(path)
    let magic = try file.read(upToCount: 4) ?? Data()
    try file.seek(toOffset: 0)
    if magic.starts(with: [0x1F, 0x8B]) {
      throw TableError.compressed(path)
    }
    guard !magic.starts(with: Array("PAR1".utf8)) else {
      let converter = try Converter(parquet: path)
      (handle, self.converter, megabytes) = (converter.output, converter, nil)
      return
    }
    let size = Int(try file.seekToEnd())
    try file.seek(toOffset: 0)
    (handle, converter, megabytes) = (file, nil, size / Self.bytesPerMegabyte + 1)
  }

  private static func open(_ path: String) throws -> FileHandle {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      !isFolder.boolValue, let file = FileHandle(forReadingAtPath: path)
    else { throw TableError.unreadable(path) }
    return file
  }

  /// Reads everything, telling after each piece how many megabytes that were.
  func read(
    into rows: inout some RowTaking, progress: (Int) -> Void
  ) throws(TableProblem) {
    var buffer = [UInt8](repeating: 0, count: Self.longestRow)
    var reader: TableReader?
    var (filled, total, isLast) = (0, 0, false)
    while !isLast {
      let count = read(into: &buffer, from: filled)
      isLast = count == 0
      filled += count
      total += count
      var current = reader ?? TableReader(beginning: buffer.span.extracting(first: filled))
      let used = try rows.take(
        buffer.span.extracting(first: filled), isLast: isLast, from: &current)
      reader = current
      buffer.replaceSubrange(0..<filled - used, with: Array(buffer[used..<filled]))
      filled -= used
      if filled == buffer.count { throw current.rowTooLong(limit: Self.longestRow) }
      progress(total / Self.bytesPerMegabyte)
    }
  }

  /// Fills the buffer from `start`, and returns how many bytes there were: 0 at the end.
  private func read(into buffer: inout [UInt8], from start: Int) -> Int {
    buffer.withUnsafeMutableBytes { bytes in
      max(
        0,
        Glibc.read(
          handle.fileDescriptor, bytes.baseAddress.map { $0 + start },
          min(bytes.count - start, Self.piece)))
    }
  }

  /// Says what the converter says, when it failed.
  func finish() throws { try converter?.finish() }
}

/// DuckDB, which writes the rows of a Parquet file as JSON lines.
private struct Converter {
  private let process: pid_t
  private let errors: FileHandle
  let output: FileHandle

  init(parquet path: String) throws {
    guard let program = Self.program else {
      throw TableError.noParquetReader(path)
    }
    let (rows, words) = (Pipe(), Pipe())
    let literal = path.replacing("'", with: "''")
    let ends = [rows, words].map(\.fileHandleForWriting)
    process = try ChildProcess(
      [
        // A person's own settings would write among the rows.
        program, "-init", "/dev/null", "-c",
        "COPY (SELECT * FROM read_parquet('\(literal)')) TO '/dev/stdout' (FORMAT json)",
      ], environment: ProcessInfo.processInfo.environment,
      streams: [.nothing] + ends.map { .same(as: $0.fileDescriptor) }, belonging: .parent
    ).start()
    for end in ends { try end.close() }
    (output, errors) = (rows.fileHandleForReading, words.fileHandleForReading)
  }

  private static var program: String? {
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return folders.map { "\($0)/duckdb" }.first(where: FileManager.default.isExecutableFile)
  }

  func finish() throws {
    let said = String(decoding: errors.readDataToEndOfFile(), as: UTF8.self)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard status != 0 else { return }
    throw TableError.parquet(String(said.split(separator: "\n").first ?? "failed"))
  }
}
