import Foundation
import TestKit

/// The built program, run as a person would.
struct Command {
  let status: Int32
  let output: String
  let errors: String

  /// The program beside the tests that are running.
  static let program = builtProgram("serin")

  @discardableResult
  init(_ arguments: String..., environment: [String: String] = [:]) throws {
    try self.init(arguments, environment: environment)
  }

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    let folder = TemporaryFolder.current
    let (out, err) = (folder.appending(path: "stdout"), folder.appending(path: "stderr"))
    let quoted = ([Self.program] + arguments).map { "'\($0)'" }.joined(separator: " ")
    let child = try BackgroundProcess(
      ["/bin/sh", "-c", "exec \(quoted) > '\(out.path)' 2> '\(err.path)'"], in: folder,
      environment: ["TZ": "UTC", "COLUMNS": "100"].merging(environment) { $1 },
      output: folder.appending(path: "sh"))
    status = child.wait()
    output = try String(contentsOf: out, encoding: .utf8)
    errors = try String(contentsOf: err, encoding: .utf8)
  }

  /// Everything that a person sees, for a golden file.
  func transcript(of command: String) -> String {
    "$ \(command)\n\(output)\(errors)exit \(status)\n"
  }
}
