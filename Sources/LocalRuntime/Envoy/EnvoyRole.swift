/// What one of the Envoys of a runtime is for.
///
/// Copies have an Envoy of their own: on a thread that answers clients, each of them would keep a client waiting for about
/// as long as a request does.
package enum EnvoyRole: String, Sendable, CustomStringConvertible {
  case clients = "envoy"
  case copies = "envoy-copies"

  /// The name of its folder and of its log, and who its counters are said to be of.
  package var description: String { rawValue }
}

/// Where the files of one Envoy lie.
///
/// ```
/// bootstrap.json, lds, cds, rds   what it reads
/// process.json                    its process
/// admin.sock                      where it is administrated
/// copy.sock                       where copies come in, of the one that sends them on
/// capture/                        requests and answers
/// capture.json                    how far they were read
/// ```
package struct EnvoyFolder: Sendable {
  package let path: String
  package let log: String
  /// Where files are on their way to their place.
  let stage: String

  package var capture: String { path + "/capture" }
  package var captureFile: String { capture + "/payload.jsonl" }
  package var captureProgress: String { path + "/capture.json" }
  var identityFile: String { path + "/process.json" }
  var bootstrapFile: String { path + "/bootstrap.json" }

  func file(_ kind: EnvoyDocument.Kind) -> String { "\(folder(kind))/\(kind).json" }

  func folder(_ kind: EnvoyDocument.Kind) -> String { "\(path)/\(kind)" }

  var folders: [String] { [path, capture] + EnvoyDocument.Kind.allCases.map(folder) }
}
