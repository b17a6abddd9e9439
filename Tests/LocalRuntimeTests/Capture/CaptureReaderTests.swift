import Foundation
import Glibc
import LocalRuntime
import TestKit
import Testing

/// Every line once, whatever becomes of the file.
@Suite struct CaptureReaderTests {
  static var path: String { TemporaryFolder.current.appending(path: "payload.jsonl").path }

  static func append(_ text: String, to path: String = path) throws {
    let handle = fopen(path, "a")
    fputs(text, handle)
    fclose(handle)
  }

  /// Reads to the end.
  static func lines(_ reader: inout CaptureReader) throws -> [String] {
    var lines: [String] = []
    while true {
      let step = try reader.next()
      lines += step.lines.map { String(decoding: $0, as: UTF8.self) }
      lines += Array(repeating: "(too long)", count: step.tooLong)
      if step.isAtEnd { return lines }
    }
  }

  @Test(.temporaryFolder) func halfALineWaitsForItsEnd() throws {
    var reader = CaptureReader(Self.path)
    #expect(try Self.lines(&reader) == [])
    try Self.append("one\ntw")
    #expect(try Self.lines(&reader) == ["one"])
    #expect(try Self.lines(&reader) == [])
    try Self.append("o\n\nthree\n")
    #expect(try Self.lines(&reader) == ["two", "", "three"])
  }

  /// Steps of eight bytes: a line that spans two of them, one that fits exactly, and one that is
  /// given up without holding it.
  @Test(.temporaryFolder) func longLinesAreSkippedAndCounted() throws {
    var reader = CaptureReader(Self.path, stepSize: 8)
    try Self.append("abc\n1234567\nabcdefghijklmnopqrst\nend\nabcdefgh")
    #expect(try Self.lines(&reader) == ["abc", "1234567", "(too long)", "end", "(too long)"])
    try Self.append("i\nlast\n")
    #expect(try Self.lines(&reader) == ["last"])
  }

  /// What Envoy still writes to the renamed file is read before the next one, which begins when Envoy
  /// does; the renamed one is then gone.
  @Test(.temporaryFolder) func aRenamedFileIsReadToItsEnd() throws {
    var reader = CaptureReader(Self.path)
    try Self.append("1\n2\n")
    try reader.rotate(at: 5)
    #expect(!reader.awaitsReopening)
    #expect(try Self.lines(&reader) == ["1", "2"])
    try Self.append("3\n")
    try reader.rotate(at: 5)
    #expect(reader.awaitsReopening && reader.size == 6)
    try Self.append("4\n", to: reader.oldPath)
    #expect(try Self.lines(&reader) == ["3", "4"])
    #expect(reader.awaitsReopening)
    try Self.append("5\n", to: reader.oldPath)
    try Self.append("6\n")
    try reader.rotate(at: 1)
    #expect(try Self.lines(&reader) == ["5", "6"])
    #expect(access(reader.oldPath, F_OK) != 0 && reader.size == 2)
  }

  /// A reader that begins where another one was repeats nothing and leaves nothing out, wherever in a
  /// rotation that was.
  @Test(.temporaryFolder, arguments: 0..<4) func anotherReaderGoesOn(rotations: Int) throws {
    var first = CaptureReader(Self.path)
    try Self.append("1\n2\n")
    #expect(try Self.lines(&first) == ["1", "2"])
    try Self.append("3\n")
    if rotations > 0 { try first.rotate(at: 1) }
    if rotations > 1 { try Self.append("4\n") }
    var expected = rotations > 1 ? ["3", "4"] : ["3"]
    if rotations > 2 {
      #expect(try Self.lines(&first) == expected)
      expected = []
    }
    var second = CaptureReader(Self.path, position: first.position)
    #expect(try Self.lines(&second) == expected)
  }

  /// A file that was emptied, or replaced by somebody, begins anew.
  @Test(.temporaryFolder) func aCutFileBeginsAnew() throws {
    var reader = CaptureReader(Self.path)
    try Self.append("1\n2\n")
    #expect(try Self.lines(&reader) == ["1", "2"])
    truncate(Self.path, 0)
    try Self.append("3\n")
    #expect(try Self.lines(&reader) == ["3"])
    rename(Self.path, Self.path + ".elsewhere")
    try Self.append("4\n5\n")
    #expect(try Self.lines(&reader) == ["4", "5"])
  }
}
