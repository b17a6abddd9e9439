import Foundation
import Manifests
import Testing

/// A file that is no YAML is blamed on the line that is wrong, and not on the one where a parser gives
/// up.
@Suite struct SlipTests {
  /// What people do to a line.
  enum Slip: String, CaseIterable {
    case deeper, shallower, tab, noSpace, noColon, openQuote, openBracket

    func applied(to line: String) -> String? {
      let text = line.drop { $0 == " " }
      let indent = line.count - text.count
      guard !text.isEmpty, !text.hasPrefix("#") else { return nil }
      switch self {
      case .deeper: return " " + line
      case .shallower: return indent == 0 ? nil : String(line.dropFirst())
      case .tab: return indent == 0 ? nil : "\t" + text
      case .noSpace: return line.contains(": ") ? Self.first(": ", ":", line) : nil
      case .noColon: return line.contains(": ") ? Self.first(": ", " ", line) : nil
      case .openQuote: return line.hasSuffix("\"") ? String(line.dropLast()) : nil
      case .openBracket:
        return line.hasSuffix("]") || line.hasSuffix("}") ? String(line.dropLast()) : nil
      }
    }

    private static func first(_ old: String, _ new: String, _ line: String) -> String {
      guard let range = line.range(of: old) else { return line }
      return line.replacingCharacters(in: range, with: new)
    }
  }

  private static let files = ["fraud-detector.yaml", "drift.yaml", "blue-green.yaml"]

  /// Each slip in each line of the examples; whatever is still YAML is none of this test.
  @Test(arguments: files, Slip.allCases) func everyLine(file: String, slip: Slip) throws {
    let text = String(
      decoding: try TestFiles.bytes(TestFiles.examples.appending(path: file)), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var (wrong, blamed) = (0, 0)
    for (index, line) in lines.enumerated() {
      guard let changed = slip.applied(to: line) else { continue }
      var all = lines
      all[index] = changed
      let file = decodeManifests(Array(all.joined(separator: "\n").utf8), path: "x.yaml")
      guard let only = file.diagnostics.first, file.diagnostics.count == 1, file.names.isEmpty
      else { continue }
      wrong += 1
      if only.line == index + 1 { blamed += 1 } else { print(slip, changed, only) }
    }
    #expect(wrong == blamed)
  }
}
