import Foundation
import Git
import TestKit
import Testing
import Threads

/// What is made of files that change while a controller runs.
@Suite struct RenewedValueTests {
  private var file: URL { TemporaryFolder.current.appending(path: "token") }

  private func value(_ said: Lock<[String]>) throws -> RenewedValue<String> {
    let path = file.path
    return try RenewedValue(of: [path], say: { reason in said.withLock { $0.append(reason) } }) {
      try String(contentsOfFile: path, encoding: .utf8)
    }
  }

  /// A file that is replaced, or written over, is read again; one that did not change is not.
  @Test(.temporaryFolder) func changesAreFollowed() throws {
    try Data("one".utf8).write(to: file)
    let value = try value(Lock([]))
    #expect(value.current() == "one" && value.reading() == 0)
    try Data("two".utf8).write(to: file, options: .atomic)
    #expect(value.current() == "two" && value.reading() == 1)
    let handle = try FileHandle(forWritingTo: file)
    try handle.write(contentsOf: Data("three".utf8))
    try handle.close()
    #expect(value.current() == "three" && value.reading() == 2)
  }

  /// A secret as long as the one before, whose time of writing was kept, is another one all the same.
  @Test(.temporaryFolder) func aKeptTimeHidesNoChange() async throws {
    try Data("one".utf8).write(to: file)
    let value = try value(Lock([]))
    try shell(["touch", "-r", file.path, file.path + ".time"])
    // The kernel's own clock for files ticks every few milliseconds.
    try await Task.sleep(for: .milliseconds(50))
    let handle = try FileHandle(forWritingTo: file)
    try handle.write(contentsOf: Data("two".utf8))
    try handle.close()
    try shell(["touch", "-r", file.path + ".time", file.path])
    #expect(value.current() == "two")
  }

  /// A file that is gone or wrong leaves the value as it was, and is complained about once.
  @Test(.temporaryFolder) func lastGoodValueStays() throws {
    try Data("one".utf8).write(to: file)
    let said = Lock<[String]>([])
    let value = try value(said)
    try FileManager.default.removeItem(at: file)
    for _ in 0..<3 { #expect(value.current() == "one") }
    #expect(said.withLock { $0.count } == 1)
    try Data([0xFF, 0xFE, 0xFF]).write(to: file)
    for _ in 0..<3 { #expect(value.current() == "one") }
    #expect(said.withLock { $0.count } == 2 && value.reading() == 0)
    try Data("two".utf8).write(to: file)
    #expect(value.current() == "two")
  }

  @Test(.temporaryFolder) func firstReadingMustSucceed() {
    #expect(throws: (any Error).self) { try value(Lock([])) }
  }
}
