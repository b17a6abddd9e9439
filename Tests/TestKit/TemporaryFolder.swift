package import Foundation
package import Testing

/// Gives a test a folder of its own, and removes it afterwards.
package struct TemporaryFolder: TestTrait, TestScoping {
  @TaskLocal package static var current = URL(filePath: "/nonexistent")

  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing body: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "serin-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await Self.$current.withValue(folder) { try await body() }
  }
}

extension Trait where Self == TemporaryFolder {
  package static var temporaryFolder: Self { Self() }
}
