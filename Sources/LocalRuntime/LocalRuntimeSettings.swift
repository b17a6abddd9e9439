import Manifests

/// What the operator decides about serving on this machine.
package struct LocalRuntimeSettings: Sendable {
  /// Everything the runtime keeps: artifacts, logs, and what it needs to find its processes again.
  package var folder: String
  /// Where clients connect to; loopback, because nothing here asks who they are.
  package var listenHost = "127.0.0.1"
  package var listenPort = 8080
  /// How long a client waits before it is told 504.
  package var requestTimeout: Duration = .seconds(60)
  /// The version of serin, which clients may ask for.
  package var version = "unknown"
  /// The paths below a model whose POST requests are inferences, which alone are traffic to judge.
  package var inferencePaths = Defaults.inferencePaths
  /// How long a revision without traffic may go on answering what it was asked before.
  package var drainTimeout: Duration = .seconds(30)
  /// The Envoy binary; nil looks for it.
  package var envoy: String?
  /// A Python that has MLServer; nil looks for it.
  package var python: String?
  /// The threads that Envoy answers on.
  package var envoyThreads = 2
  /// Where models may come from, of those that this runtime can fetch.
  package var allowedSchemes: Set<String> = ["file", "https"]
  /// The hosts that models may come from by https; nil allows every one.
  package var allowedHosts: Set<String>?
  /// The certificates to trust when a model is fetched, in PEM; nil trusts the machine's.
  package var caFile: String?
  /// The largest artifact that is fetched, in bytes.
  ///
  /// 20 GiB holds the weights of a ten-billion-parameter model, and still fits an ordinary disk.
  package var artifactLimit = 20 << 30
  /// The command of a model server in place of MLServer's; `{port}`, `{model}`, `{name}` and
  /// `{version}` are filled in.
  package var serverCommand: [String]?
  /// Whether Envoy asks a model server more than once over one connection.
  ///
  /// MLServer closes the connection after a 500 without saying so, and whoever was next on it gets a
  /// 503 for somebody else's bad input. A new connection costs a sixth of a millisecond,
  /// and a quarter of the throughput when the machine has nothing else to do than sklearn. Say true
  /// for servers that announce what they close.
  package var keepsServerConnections = false
  /// Variables of the model servers, beyond the few that they inherit.
  package var serverEnvironment: [String: String] = [:]
  /// How long a server that runs may say that it does not know its model.
  ///
  /// MLServer answers 404 while it loads; half a minute is far longer than a slow disk needs.
  package var unknownModelPatience: Duration = .seconds(30)
  /// How large the file of captured payloads may get before it is put aside, in bytes.
  package var captureLimit = 64 << 20
  /// After which time the file is put aside whatever its size, so that payloads are not kept.
  package var captureAge: Duration = .seconds(60)
  /// What may be captured in a minute without Serin, in bytes.
  ///
  /// With it, and a file that is put aside, no more than 192 MiB are ever on the disk.
  package var captureAllowance = 64 << 20
  /// Whether it is kept how an answer begins that is an error, for the record of a rollback.
  package var keepsErrorBodies = true
  /// The upper edges of the latency buckets, in milliseconds.
  package let latencyEdges: [Int]

  package init(folder: String, latencyEdges: [Int] = LatencyEdges.milliseconds) {
    precondition(
      !latencyEdges.isEmpty && zip([0] + latencyEdges, latencyEdges).allSatisfy { $0 < $1 },
      "edges \(latencyEdges)")
    self.folder = folder
    self.latencyEdges = latencyEdges
  }
}
