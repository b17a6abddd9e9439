import ArgumentParser
import Foundation

/// A tool that looks for drift between two tables, in a process of its own.
enum DriftFinder: String, CaseIterable {
  /// From two tables, as the others do it.
  case serin = "Serin, two tables"
  /// From a table and a profile of the other, which was built before.
  case serinCompare = "Serin, table and profile"
  case evidently = "Evidently"
  case alibiDetect = "alibi-detect"
  case nannyML = "NannyML"

  var isOther: Bool { self != .serin && self != .serinCompare }

  /// What one run took, in processor seconds.
  struct Run {
    /// Starting Python and importing the tool; starting Serin.
    var starting = 0.0
    /// Reading the tables.
    var reading = 0.0
    /// Comparing them; for Serin also reading, as it does both at once.
    let finding: Double
    /// From the start of the process to its end.
    let all: Double
    /// The columns of which it says that they moved.
    let drifted: Int

    var work: Double { reading + finding }
  }

  /// Runs it once on `reference.csv` and `current.csv` in a folder.
  func run(in folder: URL) throws -> Run {
    switch self {
    case .serin: return try Self.compare(Self.reference(folder), in: folder)
    case .serinCompare: return try Self.compare(Self.profile(folder), in: folder)
    case .evidently, .alibiDetect, .nannyML: return try python(in: folder)
    }
  }

  private static let program = Program.own.deletingLastPathComponent()
    .appending(path: "serin").path

  /// Builds the profile that `serinCompare` needs.
  static func prepare(in folder: URL) throws {
    _ = try Program.run(program, ["profile", "build", reference(folder), "--to", profile(folder)])
  }

  private static func compare(_ reference: String, in folder: URL) throws -> Run {
    let starting = try Program.run(program, ["version"]).usage.processor
    let arguments = ["profile", "compare", "--output", "csv", reference, current(folder)]
    let (output, usage) = try Program.run(program, arguments)
    return Run(
      starting: starting, finding: max(0, usage.processor - starting), all: usage.processor,
      drifted: output.split(separator: "\n").count { $0.contains(",moved,") })
  }

  private static func reference(_ folder: URL) -> String { file("reference.csv", in: folder) }
  private static func current(_ folder: URL) -> String { file("current.csv", in: folder) }
  private static func profile(_ folder: URL) -> String { file("reference.yaml", in: folder) }
  private static func file(_ name: String, in folder: URL) -> String {
    folder.appending(path: name).path
  }

  private static let bench = URL(filePath: #filePath).appending(path: "../..").standardized

  private func python(in folder: URL) throws -> Run {
    let spent = try Program.run(
      Self.bench.appending(path: "../../.venv-peers/bin/python").standardized.path,
      [
        Self.bench.appending(path: "peers.py").path, rawValue, Self.reference(folder),
        Self.current(folder),
      ])
    let figures = spent.output.split(separator: "\n").last?.split(separator: " ") ?? []
    let values = figures.compactMap { Double($0) }
    guard values.count == 4 else { throw ValidationError("\(rawValue) said: \(spent.output)") }
    return Run(
      starting: values[0], reading: values[1], finding: values[2],
      all: spent.usage.processor, drifted: Int(values[3]))
  }
}
