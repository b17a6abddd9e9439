import Manifests
import Rollouts

/// Warns of one artifact that is deployed under two names: a digest that was copied and not changed.
struct AliasWarnings {
  /// One deployment, and where it is declared.
  struct Declared {
    let deployment: Deployment
    let path: String
    let line: Int
  }

  private let warnings: [Diagnostic]

  /// Compares each deployment with those before it.
  init(among all: [Declared]) {
    var first: [String: [Declared]] = [:]
    warnings = all.compactMap { declared in
      guard let digest = declared.deployment.revision.model.digest else { return nil }
      defer { first[digest, default: []].append(declared) }
      let other = first[digest]?.first {
        declared.deployment.revision.model.isAlias(of: $0.deployment.revision.model)
      }
      return other.map { Self.warning(of: declared, beside: $0) }
    }
  }

  /// Those about one file.
  subscript(path: String) -> [Diagnostic] { warnings.filter { $0.path == path } }

  private static func warning(of declared: Declared, beside other: Declared) -> Diagnostic {
    let (own, its) = (declared.deployment, other.deployment)
    return Diagnostic(
      .warning, path: declared.path, position: TextPosition(line: declared.line, column: 1),
      message: "v\(own.revision.model.version) of \(own.name) has the digest of "
        + "v\(its.revision.model.version) of \(its.name) in \(other.path): the same model under "
        + "another name",
      hint: "serin digest PATH prints the digest of an artifact")
  }
}
