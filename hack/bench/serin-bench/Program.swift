import ArgumentParser
import Foundation

/// Other programs, and what they take.
enum Program {
  /// The one that runs.
  static let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - program: Its path.
  ///   - arguments: What it is given.
  /// - Returns: What it printed, and what it took.
  /// - Throws: When it fails; what it wrote on standard error is on the terminal.
  static func run(
    _ program: String, _ arguments: [String]
  ) throws -> (output: String, usage: Usage) {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    let before = Usage(.children)
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ValidationError("\(arguments.joined(separator: " ")): \(process.terminationStatus)")
    }
    let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    return (text, Usage(.children).since(before))
  }
}
