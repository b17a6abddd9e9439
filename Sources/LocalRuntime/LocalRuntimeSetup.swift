package import Manifests

/// What a runtime on this machine is made with: its operator's settings, where it lives, and what no
/// operator is asked.
package struct LocalRuntimeSetup: Sendable {
  /// Everything the runtime keeps: artifacts, logs, and what it needs to find its processes again.
  package let folder: String
  /// The folder for artifacts, which may be on another disk; nil for `folder`.
  package var artifactFolder: String?
  /// The folder for logs, which may be on another disk; nil for `folder`.
  package var logFolder: String?
  /// What the operator decides, as it is written in a Controller file.
  package var local: LocalSettings
  /// What each namespace may have of the disk.
  package var namespaces = NamespaceRules()
  /// The version of serin, which clients may ask for.
  package var version: String
  /// The threads that Envoy answers on.
  package var envoyThreads = 2
  /// Whether Envoy asks a model server more than once over one connection.
  ///
  /// MLServer closes the connection after a 500 without saying so, and whoever was next on it gets a
  /// 503 for somebody else's bad input. A new connection costs a sixth of a millisecond,
  /// and a quarter of the throughput when the machine has nothing else to do than sklearn. Say true
  /// for servers that announce what they close.
  package var keepsServerConnections = false
  /// How long a server that runs may say that it does not know its model.
  ///
  /// MLServer answers 404 while it loads; half a minute is far longer than a slow disk needs.
  package var unknownModelPatience: Duration = .seconds(30)
  /// How large the log of a process may get while it is written, in bytes.
  package var logLimit = ProcessLog.largest
  /// How large the files of captured payloads may get together before they are put aside, in bytes.
  package var captureLimit = 64 << 20
  /// After which time the file is put aside whatever its size, so that payloads are not kept.
  package var captureAge: Duration = .seconds(60)
  /// What may be captured in a minute without Serin, in bytes.
  ///
  /// With it, and what is put aside, no more than 192 MiB are ever on the disk.
  package var captureAllowance = 64 << 20
  /// The file with what artifacts' hosts ask of a client, in netrc's form; nil for none.
  ///
  /// It is for who fetches for one team alone: here each team would read with it whatever it may.
  var netrcFile: String?
  /// The folders of which models see nothing, such as the whole of a controller's state; the runtime's own alone
  /// where none is named.
  package var hidden: [String] = []
  /// The path of bubblewrap; nil to look for it.
  package var bubblewrap: String?
  /// The program that lends a unix socket to a server; nil for the one beside the program that runs.
  package var relay: String?
  /// The upper edges of the latency buckets, in milliseconds.
  package let latencyEdges: [Int]

  package init(
    folder: String, local: LocalSettings = LocalSettings(), version: String = "unknown",
    latencyEdges: [Int] = LatencyEdges.milliseconds
  ) {
    precondition(
      !latencyEdges.isEmpty && zip([0] + latencyEdges, latencyEdges).allSatisfy { $0 < $1 },
      "edges \(latencyEdges)")
    self.folder = folder
    self.local = local
    self.version = version
    self.latencyEdges = latencyEdges
  }
}
