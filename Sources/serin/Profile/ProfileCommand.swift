import ArgumentParser
import Foundation
import Manifests
import Profiles
import Profiling

/// What the data of a model is like.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Describe the data a model was trained on, to notice when it changes.",
    subcommands: [
      ProfileBuildCommand.self, ProfileShowCommand.self, ProfileCompareCommand.self,
    ])
}

struct ProfileBuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Count rows into a profile.",
    discussion: """
      Reads CSV with a header, one JSON object a line, or Parquet (through duckdb), once and in \
      little memory, and writes a DataProfile to standard output. It holds counts and edges, and the \
      values of categories; no row.

      Numbers are counted in ranges that hold about as many each: exactly up to 65536 rows, beyond \
      that with ranks that are off by less than a thousandth of the rows. Texts that come again and \
      again are categories, others are counted by their length; lists of numbers by their norm. \
      Empty cells, null, NA, NaN and infinite numbers are missing.

      With --test and --label the profile also says how wrong the model was on rows that it was not \
      trained on: a table with its predictions, under the names of the outputs, and beside them what \
      was right. Labels of live requests are then held to that.
      """)

  @Argument(help: "The rows; - reads standard input.") var rows: String
  @Option(help: ArgumentHelp("The file to write instead.", valueName: "file")) var to: String?
  @Option(help: "What the profile is called. Default: after the file.") var name: String?
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp("A column that the model answers; may be repeated.", valueName: "column"))
  var outputs: [String] = []
  @Option(
    name: .customLong("categorical"),
    help: ArgumentHelp(
      "A column of classes or codes, whatever they look like; may be repeated.",
      valueName: "column"))
  var categories: [String] = []
  @Option(
    name: .customLong("text"),
    help: ArgumentHelp("A column of prose; may be repeated.", valueName: "column"))
  var texts: [String] = []
  @Option(
    name: .customLong("ignore"),
    help: ArgumentHelp("A column to leave out; may be repeated.", valueName: "column"))
  var ignored: [String] = []
  @Option(help: "The number of ranges.") var bins = 10
  @Flag(help: "Allow only values as in these rows, and a tenth of their span beyond.")
  var ranges = false
  @Option(
    help: ArgumentHelp("Count in the bins of this profile, to compare with it.", valueName: "file"))
  var like: String?
  @Option(
    help: ArgumentHelp(
      "Rows with predictions and labels, which the model was not trained on.", valueName: "file"))
  var test: String?
  @Option(
    help: ArgumentHelp(
      "The column of the test rows that says what was right.",
      valueName: "column"))
  var label: String?

  func validate() throws {
    guard (2...100).contains(bins) else { throw ValidationError("--bins must be 2 to 100.") }
    let twice = Set(categories).intersection(texts).union(Set(outputs).intersection(ignored))
    if let column = twice.min() {
      throw ValidationError("\(column) cannot be both: leave one of the flags out.")
    }
    guard (test == nil) == (label == nil) else {
      throw ValidationError("--test and --label go together: the rows, and their right answers.")
    }
    if test == "-", rows == "-" {
      throw ValidationError("Standard input can be read once: name a file for --test.")
    }
    guard like == nil || [outputs, categories, texts, ignored].allSatisfy(\.isEmpty) && !ranges
    else { throw ValidationError("--like takes everything from the other profile.") }
  }

  func run() throws {
    let profile = try tested(count(TableFile(shown: rows)))
    let text = try ProfileFile.text(of: profile, named: try profileName)
    guard let to else { return print(text, terminator: "") }
    try Data(text.utf8).write(to: URL(filePath: to))
    print("\(to): \(profile.summary)\n\(profile.digest)")
  }

  private func count(_ table: TableFile) throws -> DataProfile {
    if let like { return try table.profile(from: try table.counter(like: try .given(like))) }
    let builder = try table.builder(options)
    if let unknown = builder.unknownColumns.first {
      throw Failure(.user, "\(rows) has no column \"\(unknown)\"")
    }
    return try table.profile(from: consume builder)
  }

  /// Adds what the test rows say, when there are any.
  private func tested(_ profile: DataProfile) throws -> DataProfile {
    guard let test, let label else { return profile }
    guard !profile.outputs.isEmpty else {
      throw Failure(
        .user, "there is no output whose predictions could be judged",
        hint: "name the column of the predictions with --output")
    }
    if profile.outputs.contains(where: { $0.name == label }) {
      throw Failure(
        .user, "\"\(label)\" is what the model answers, and cannot be its label, too",
        hint:
          "the test rows need the predictions under the name of the output, and beside them what "
          + "was right")
    }
    return profile.with(try TableFile(shown: test).testResult(profile.outputs, label: label))
  }

  private var options: ProfileOptions {
    var options = ProfileOptions()
    options.outputs = Set(outputs)
    options.ignored = Set(ignored)
    for name in categories { options.wishes[name] = .category }
    for name in texts { options.wishes[name] = .text }
    options.bins = bins
    options.hasRanges = ranges
    return options
  }

  private var profileName: String {
    get throws {
      guard let name else { return ProfileFile.name(after: to ?? rows) }
      guard name == ProfileFile.name(after: name) else {
        throw Failure(
          .user, "\"\(name)\" is not a name", hint: "small letters, digits and \"-\", at most 63")
      }
      return name
    }
  }
}

/// The file that holds a profile.
enum ProfileFile {
  /// Returns the text of a profile that is certain to be read back.
  static func text(of profile: DataProfile, named name: String) throws -> String {
    let text = profile.yaml(named: name)
    guard text.utf8.count <= Documents.largestFile else {
      throw Failure(
        .user,
        "the profile would have \(text.utf8.count) bytes, at most \(Documents.largestFile) are read",
        hint: "leave columns out with --ignore, or use fewer --bins")
    }
    if let problem = decodeProfile(Array(text.utf8), path: name).diagnostics.first {
      throw Failure(.user, "no profile can hold this: \(problem.message)", hint: problem.hint)
    }
    return text
  }

  /// Returns the name of a file as a manifest may have it: "data/Fraud 8.csv" gives "fraud-8".
  static func name(after path: String) -> String {
    let stem = URL(filePath: path).lastPathComponent.split(separator: ".").first ?? "profile"
    let words = stem.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let name = words.joined(separator: "-").prefix(63)
    let trimmed = name.hasSuffix("-") ? name.dropLast() : name
    return trimmed.isEmpty ? "profile" : String(trimmed)
  }
}

extension DataProfile {
  /// Reads the profile that a person named.
  static func given(_ path: String) throws -> DataProfile {
    let bytes = [UInt8](try Data(given: path))
    let (profile, diagnostics) = decodeProfile(bytes, path: path)
    guard let profile else {
      let isMeant = bytes.starts(with: "apiVersion:".utf8) || bytes.starts(with: "kind:".utf8)
      throw Failure(.user, "\(diagnostics.rendered(over: isMeant ? bytes : []))\(path) is wrong")
    }
    return profile
  }

  /// "1000 rows of train.csv, 20 features, 1 output", and what the model reached on its test set.
  var summary: String {
    let counts = [features.count.of("feature"), outputs.count.of("output")]
    let tested = testResult.map { ", \($0.text)" } ?? ""
    return "\(rows.of("row")) of \(source), " + counts.joined(separator: ", ") + tested
  }
}
