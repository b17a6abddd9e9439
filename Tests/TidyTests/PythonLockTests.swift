import Foundation
import Testing

/// What pip installs is written down, with the hash of each file.
@Suite struct PythonLockTests {
  private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

  static let sets = ["tool", "demo", "test", "peers"]

  /// Each package of a lock has one version and a hash; pip refuses a lock in which one has none.
  @Test(arguments: sets)
  func everyPackageHasAHash(set: String) throws {
    let entries = try Self.entries(set)
    #expect(!entries.isEmpty)
    for entry in entries {
      let isHashed = entry.contains(/^[a-z0-9.-]+==[^ ]+( ; .*)?( --hash=sha256:[0-9a-f]{64})+$/)
      #expect(isHashed, "\(entry)")
    }
  }

  /// A version that was asked for is the one that was locked.
  @Test(arguments: sets)
  func whatIsAskedForIsLocked(set: String) throws {
    let asked = try Self.text("hack/python/\(set).in").split(separator: "\n")
    let entries = try Self.entries(set)
    for line in asked where line.contains("==") {
      let version = line.replacing(/\[.*\]|;.*/, with: "")
      #expect(entries.contains { $0.hasPrefix(version + " ") }, "\(line)")
    }
  }

  /// The tests use what the demo uses: one environment serves both.
  @Test func theLockOfTheTestsHoldsThatOfTheDemo() throws {
    #expect(Set(try Self.entries("demo")).isSubset(of: try Self.entries("test")))
  }

  /// No script installs from PyPI without hashes, nor builds what it got.
  @Test(arguments: ["hack/install", "hack/bench/install-peers"])
  func scriptsAskForHashes(script: String) throws {
    let lines = try Self.text(script).split(separator: "\n")
    let installs = lines.filter { $0.contains("pip install") }
    #expect(!installs.isEmpty)
    for line in installs {
      #expect(line.contains("--require-hashes --only-binary :all: -r"), "\(line)")
    }
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The packages of a lock, each on one line with its hashes.
  private static func entries(_ set: String) throws -> [String] {
    try text("hack/python/\(set).lock").replacing(/\s+\\\n\s+/, with: " ")
      .split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }
}
