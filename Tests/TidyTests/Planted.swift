/// A file that breaks a rule once, and what the rule says of it.
struct Planted: CustomStringConvertible, Sendable {
  let rule: Rule
  let file: SourceFile
  let violation: String

  init(_ rule: Rule, _ target: String, _ text: String, _ violation: String) {
    self.rule = rule
    self.violation = violation
    file = SourceFile(target: target, path: "Sources/\(target)/Planted.swift", text: text)
  }

  var description: String { "\(rule.name): \(violation)" }

  static let all =
    imports + words + wiring + [
      Planted(.fileLength, "Charts", lines(401), "401 lines"),
      Planted(.functionLength, "Charts", function(71), "line 2: a body of 71 lines"),
      Planted(.functionLength, "Charts", spread(71), "line 2: a body of 71 lines"),
      Planted(
        .subjects, "Charts", "struct Axis {\n  /// The same, upside down.\n  let y: Int\n}\n",
        "line 2: say what is the same as what"),
      Planted(
        .sentences, "Rollouts", "enum Why {\n  static let why = \"it is broken\"\n}\n",
        "line 2: words are made in Wording"),
    ]

  /// Files that come as close to breaking a rule as is allowed.
  static let allowed = [
    (Rule.fileLength, lines(400)), (.functionLength, function(70)), (.functionLength, spread(70)),
    (.functionLength, "struct Axis {\n  var y: Int\n\n  func draw() {\n\(lines(70))  }\n}\n"),
    (.subjects, "/// An axis.\n///\n/// The same as that of a map.\nstruct Axis {}\n"),
    (.pureCore, "import Analysis\npackage import Profiles\n"),
  ].map { rule, text in
    (rule, SourceFile(target: "Charts", path: "Sources/Charts/Allowed.swift", text: text))
  }

  private static let imports: [Planted] =
    Rule.pureModules.map {
      Planted(.pureCore, $0, "import Foundation\n", "the core may not import Foundation")
    }
    + Rule.ownerOfModule.map { module, owner in
      Planted(
        .owners, "Control", "package import \(module)\n", "only \(owner) may import \(module)")
    }
    + Rule.adapterModules.map {
      Planted(.adapters, "Git", "import struct \($0).Name\n", "an adapter may not import \($0)")
    }

  private static let words = Rule.bannedWords.map { word, advice in
    Planted(.banned, "Charts", "let axis = \(word)\n", "\(word) is banned: \(advice)")
  }

  private static let wiring = Rule.factories.map { adapter, factory in
    Planted(.wiring, "serin", "let adapter = \(adapter))\n", "\(adapter) belongs in \(factory)")
  }

  private static func lines(_ count: Int) -> String {
    String(repeating: "    draw()\n", count: count)
  }

  private static func function(_ count: Int) -> String {
    "struct Axis {\n  package mutating func draw() {\n\(lines(count))  }\n}\n"
  }

  /// A function whose head takes several lines.
  private static func spread(_ count: Int) -> String {
    "struct Axis {\n  init(\n    y: Int\n  ) throws {\n\(lines(count))  }\n}\n"
  }
}
