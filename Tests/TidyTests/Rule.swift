import Testing

/// A property of the source text that neither the compiler nor the formatter checks.
struct Rule: CustomTestStringConvertible, Sendable {
  let name: String
  /// The files it is about.
  var files = SourceFile.sources
  /// What breaks the rule in a file, each in words.
  let violations: @Sendable (SourceFile) -> [String]

  var testDescription: String { name }

  static let all = [
    pureCore, owners, adapters, banned, fileLength, functionLength, wiring, subjects, sentences,
  ]

  static let pureModules: Set = [
    "Analysis", "Charts", "Delivery", "Profiles", "Randomness", "Rollouts", "Wording",
  ]

  static let pureCore = Rule(name: "the core imports the core alone") { file in
    guard pureModules.contains(file.target) else { return [] }
    return file.imports.filter { !pureModules.contains(String($0)) }
      .map { "the core may not import \($0)" }
  }

  static let ownerOfModule = [
    "CGit2": "Git", "CYAML": "Manifests", "CCurl": "HTTP", "CMalloc": "serin",
    "CProcess": "Processes", "CEpoll": "serin-relay",
    "HummingbirdCore": "Console", "HTTPTypes": "Console", "NIOCore": "Console",
    "NIOExtras": "Console", "NIOHTTP1": "Console", "NIOHTTPTypes": "Console",
    "NIOPosix": "Console",
  ]

  static let owners = Rule(name: "a library has one owner") { file in
    file.imports.compactMap { module in
      guard let owner = ownerOfModule[String(module)], owner != file.target else { return nil }
      return "only \(owner) may import \(module)"
    }
  }

  static let adapterModules: Set = ["Console", "Git", "LocalRuntime", "Trainers"]

  static let adapters = Rule(name: "no adapter imports another") { file in
    guard adapterModules.contains(file.target) else { return [] }
    return file.imports.filter { adapterModules.contains(String($0)) }
      .map { "an adapter may not import \($0)" }
  }

  /// Words that are fine while working and must not be merged, or that have a better spelling here.
  static let bannedWords = [
    "FIX" + "ME": "finish it, or open an issue",
    "TO" + "DO": "finish it, or open an issue",
    "Date" + "()": "take an Instant, or a WallClock at the edge",
    ".random" + "(in:": "pass `using:` a generator that was handed to you",
    "public " + "func": "nothing is public in an application: use package",
    "public " + "struct": "nothing is public in an application: use package",
    "fatal" + "Error(": "precondition with the values, or throw",
    "try" + "!": "throw, or say why it cannot fail with a precondition",
  ]

  static let banned = Rule(name: "banned words") { file in
    bannedWords.filter { file.text.contains($0.key) }.map { "\($0.key) is banned: \($0.value)" }
  }

  /// What a person reads is made by `Wording`: a sentence in the core would become a part of its rules.
  static let sentences = Rule(name: "no sentence in the core") { file in
    guard ["Rollouts", "Delivery"].contains(file.target) else { return [] }
    return file.lines.indices.filter { line in
      let text = file.lines[line]
      let isForUs = ["///", "debugDescription", "precondition"].contains { text.contains($0) }
      return !isForUs && text.contains(/"[^"]*[a-z] [a-z][^"]*"/)
    }.map { "line \($0 + 1): words are made in Wording" }
  }

  /// The file of `Composition` that makes each adapter.
  static let factories = [
    "Console(": "ConsoleFactory", "GitLedgerStore(": "LedgerFactory",
    "GitRemote(": "RemoteFactory", "GitSource(": "SourceFactory", "LocalRuntime(": "RuntimeFactory",
    "WebTrainer(": "TrainerFactory",
  ]

  /// Each adapter has one factory: no other file makes it.
  static let wiring = Rule(name: "each adapter has one factory") { file in
    guard file.target == "serin" else { return [] }
    return factories.compactMap { adapter, factory in
      let isThere = file.path.hasSuffix("/Composition/\(factory).swift")
      return file.text.contains(adapter) && !isThere ? "\(adapter) belongs in \(factory)" : nil
    }
  }
}
