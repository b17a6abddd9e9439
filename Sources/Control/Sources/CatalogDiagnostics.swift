import Encoding
import Manifests
import Rollouts

// What the catalogue says of files, by path.

extension Diagnostic {
  static func onWholeFile(_ path: String, _ message: String, hint: String) -> Diagnostic {
    Diagnostic(
      .error, path: path, position: TextPosition(line: 1, column: 1), message: message, hint: hint)
  }

  static func unreadFolder(_ path: String, _ reason: String) -> Diagnostic {
    onWholeFile(
      path.isEmpty ? "." : PathSpelling.shown(path),
      "the folder is not read to its end: \(DisplayText.safe(reason))",
      hint: "what is not read stays as it was; make the folder smaller")
  }

  static func unreadable(_ path: String, _ reason: String) -> Diagnostic {
    onWholeFile(
      path, "the file cannot be read: \(DisplayText.safe(reason))",
      hint: "its last good version stays in force; commit the file again")
  }

  static func repeated(_ path: String) -> Diagnostic {
    onWholeFile(
      path, "the commit holds this path more than once", hint: "commit it again with git")
  }

  /// A file that held a deployment and holds none that can be recognised: more often an accident than
  /// a removal.
  static func lost(_ name: DeploymentName, at path: String) -> Diagnostic {
    onWholeFile(
      path, "the manifest of \(name) is not to be recognised any more",
      hint: "its last good version stays in force; remove the file to remove the deployment")
  }

  static func unknownRuntime(
    _ runtime: String, of name: DeploymentName, at path: String, _ position: TextPosition?,
    among runtimes: [String]
  ) -> Diagnostic {
    Diagnostic(
      .error, path: path, position: position ?? TextPosition(line: 1, column: 1),
      message: "\(name) asks for the runtime \"\(runtime)\", which is not configured",
      hint: Suggestion.hint(for: runtime, in: runtimes, calling: "this controller has"))
  }

  /// The requests of two data planes cannot be split, so there is no rollout from one to the other.
  static func moved(
    _ name: DeploymentName, from home: String, to runtime: String, at path: String,
    _ position: TextPosition?
  ) -> Diagnostic {
    Diagnostic(
      .error, path: path, position: position ?? TextPosition(line: 1, column: 1),
      message: "\(name) is served by the runtime \"\(home)\", and cannot move to \"\(runtime)\"",
      hint: "declare it there under another name, and remove this one when its clients have moved")
  }

  /// Clients find no endpoint where jobs read a pointer, and jobs none where clients are answered.
  static func servedOtherwise(
    _ name: DeploymentName, _ present: ServingMode, _ wanted: ServingMode, at path: String,
    _ position: TextPosition?
  ) -> Diagnostic {
    Diagnostic(
      .error, path: path, position: position ?? TextPosition(line: 1, column: 1),
      message: "\(name) is served \(present.rawValue), and cannot change to \(wanted.rawValue)",
      hint: "declare it under another name, and remove this one when nothing uses it any more")
  }

  static func duplicate(of name: DeploymentName, at path: String, first owner: String) -> Diagnostic
  {
    onWholeFile(
      path, "\(name) is already declared in \(owner), which has the name",
      hint: "give it another name, or remove one of the two: the name is free when \(owner) "
        + "declares it no more")
  }

  /// A copy is not admitted because its original is wrong.
  static func held(_ name: DeploymentName, at path: String, by owner: String) -> Diagnostic {
    onWholeFile(
      path, "\(name) is the name of a deployment in \(owner), which is wrong now and keeps it",
      hint: "give it another name, or correct \(owner): the name is free when that is right and "
        + "declares it no more, or is removed")
  }
}
