import CMalloc
import Foundation
import Glibc
import Manifests
import Profiles

/// A file of rows that a person named; "-" is standard input.
struct TableFile {
  let path: String

  /// What a profile says of where its rows came from.
  var source: String {
    path == "-" ? "standard input" : DisplayText.safe(URL(filePath: path).lastPathComponent)
  }

  /// Lets every row be taken, once, while a line on the terminal says how far that is.
  func read(into rows: inout some RowTaking) throws {
    keepMemory()
    let input = try RowInput(path)
    var progress = Progress(of: input.megabytes, "MB")
    do throws(TableProblem) {
      try input.read(into: &rows) { progress.reach($0) }
    } catch {
      progress.end()
      throw failure(error)
    }
    progress.end()
    try input.finish()
  }

  /// "train.csv:7: amount: found "abc" after 5 numbers".
  private func failure(_ problem: TableProblem) -> Failure {
    let column = problem.column.map { "\($0): " } ?? ""
    return Failure(
      .user, "\(path == "-" ? source : path):\(problem.line): \(column)\(problem.message)",
      hint: problem.hint)
  }
}

/// Lets malloc reuse what is sorted in, instead of asking the kernel for it and giving it back each
/// time, which takes a third of the time.
private func keepMemory() {
  mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024)
  mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024)
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
      throw Failure(
        .user, "\(path) is compressed", hint: "gunzip -c FILE | serin profile build -")
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
    else { throw Failure(unreadable: path) }
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
  private let process = Process()
  private let errors = Pipe()
  let output: FileHandle

  init(parquet path: String) throws {
    guard let program = Self.program else {
      throw Failure(
        .user, "\(path) is Parquet, which serin reads through duckdb, and that is not on the PATH",
        hint: "install it (https://duckdb.org/install, or pip install duckdb-cli), or convert the "
          + "file: python3 -c 'import pandas, sys; "
          + "pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2], index=False)' IN OUT")
    }
    let pipe = Pipe()
    let literal = path.replacing("'", with: "''")
    process.executableURL = URL(filePath: program)
    // A person's own settings would write among the rows.
    process.arguments = [
      "-init", "/dev/null", "-c",
      "COPY (SELECT * FROM read_parquet('\(literal)')) TO '/dev/stdout' (FORMAT json)",
    ]
    process.standardOutput = pipe
    process.standardError = errors
    output = pipe.fileHandleForReading
    try process.run()
  }

  private static var program: String? {
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return folders.map { "\($0)/duckdb" }.first(where: FileManager.default.isExecutableFile)
  }

  func finish() throws {
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus != 0 else { return }
    throw Failure(.user, "duckdb: \(said.split(separator: "\n").first ?? "failed")")
  }
}
