import Foundation
import Glibc

/// Which files a server's command needs, as far as the command itself tells.
///
/// A program that was installed has its libraries beside it: what lies in `bin` goes with the folder above. A
/// virtual environment leads to the Python that made it. Whatever else the command names by an absolute path is
/// the operator's word that the server may read it.
package struct ProgramFiles {
  /// Where programs without a path are looked for.
  package let path: String
  /// Folders that are never shown as a whole, nor those above them: what is kept from models lies in them.
  package let kept: [String]

  package init(path: String, kept: [String]) {
    self.path = path
    self.kept = kept
  }

  /// What is shown to every server.
  private static let system = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/proc",
  ]

  /// Returns the paths that a command needs, in order and each once.
  package func needed(by command: [String], environment: [String: String] = [:]) -> [String] {
    let programs = command.prefix(1).compactMap(found)
    let interpreters = programs.compactMap(interpreter)
    let named =
      command.dropFirst() + environment.values.flatMap { $0.split(separator: ":").map(String.init) }
    let files = named.filter { $0.hasPrefix("/") && access($0, F_OK) == 0 }
    var seen: Set<String> = []
    return ((programs + interpreters).flatMap(installation) + files).filter { path in
      !Self.system.contains { Sandbox.holds($0, path) } && mayBeShown(path)
        && seen.insert(path).inserted
    }
  }

  /// Returns a program's own path, or the first place on the PATH.
  ///
  /// The shims of pyenv and its like choose by the settings in a home, which models do not see: what comes
  /// after them on the PATH is what the server will find, too.
  private func found(_ program: String) -> String? {
    guard !program.contains("/") else { return program.hasPrefix("/") ? program : nil }
    return path.split(separator: ":").filter { !$0.hasSuffix("/shims") }
      .map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }

  /// Returns the program that a script says to be run by.
  private func interpreter(of script: String) -> String? {
    let start = try? Files.withFile(script, O_RDONLY, "open") {
      try Files.read($0, path: script, atMost: 256)
    }
    guard let start, start.starts(with: "#!".utf8) else { return nil }
    let line = start.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    return String(decoding: line, as: UTF8.self).split(separator: " ").first.map(String.init)
  }

  /// Returns where a program and its libraries lie, for each link on the way to it.
  private func installation(of program: String) -> [String] {
    var places: [String] = []
    var next: String? = program
    // As many links as the kernel follows.
    for _ in 0..<40 {
      guard let path = next else { break }
      places.append(place(of: path))
      next = Files.target(ofLink: path).map { $0.hasPrefix("/") ? $0 : Self.beside(path, $0) }
    }
    let real = URL(filePath: program).resolvingSymlinksInPath().path
    return places + [place(of: real)]
  }

  /// The folder above `bin`, when it is one of programs and libraries; else the program alone.
  private func place(of program: String) -> String {
    let folder = Tools.folder(of: program)
    let above = Tools.folder(of: folder)
    let isInstallation =
      folder.hasSuffix("/bin")
      && ["lib", "lib64", "pyvenv.cfg"].contains { access("\(above)/\($0)", F_OK) == 0 }
    return isInstallation && !above.isEmpty && mayBeShown(above) ? above : program
  }

  private func mayBeShown(_ path: String) -> Bool {
    path != "/" && !kept.contains { Sandbox.holds(path, $0) }
  }

  /// Resolves a relative link without touching what does not exist.
  private static func beside(_ link: String, _ target: String) -> String {
    URL(filePath: Tools.folder(of: link) + "/" + target).standardized.path
  }
}
