import Foundation

/// Finds a program of this package beside the tests that are running; its bare name when there is none.
package func builtProgram(_ name: String) -> String {
  let tests = URL(filePath: ProcessInfo.processInfo.arguments[0])
  let folders = sequence(first: tests) { url in
    url.path == "/" ? nil : url.deletingLastPathComponent()
  }
  let candidates = folders.map { $0.appending(path: name).path }
  return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? name
}

/// The Python that has what the tests need: that of `SERIN_PYTHON`, or that of the checkout.
package let testPython =
  ProcessInfo.processInfo.environment["SERIN_PYTHON"]
  ?? URL(filePath: #filePath).appending(path: "../../../.venv/bin/python").standardized.path
