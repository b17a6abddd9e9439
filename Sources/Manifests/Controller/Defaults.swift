/// What holds where an operator says nothing, each stated once.
///
/// The decoder of a file, the options of the command line with their help, and the adapters take it
/// from here.
package enum Defaults {
  /// The name of the controller, and who its commits are by.
  package static let name = "serin"
  /// The folder for clones, logs and artifacts.
  package static let state = ".serin"
  /// The branch that is watched.
  package static let sourceBranch = "main"
  /// The branch of the decisions.
  package static let ledgerBranch = "serin/ledger"
  /// The time between two fetches.
  package static let fetchInterval: Duration = .seconds(10)
  /// How long one operation on a remote may take.
  package static let fetchTimeout: Duration = .seconds(30)
  /// The time between two pushes.
  package static let pushInterval: Duration = .seconds(10)
  /// How long a decision may wait to be published before risk stops to grow.
  package static let maxPublishLag: Duration = .seconds(3600)
  /// How long the holder of a Lease may be silent: what the field's controllers take.
  package static let leaseDuration: Duration = .seconds(15)
  /// The address of the ledger's commits.
  package static let email = "serin@localhost"
  /// The name of the one runtime that there is.
  package static let runtime = "local"
  /// Where clients' requests are answered: on loopback, because nothing here asks who they are.
  package static let serving = ListenAddress(host: "127.0.0.1", port: 8080)
  /// Where a console listens that there is.
  package static let console = ListenAddress(host: "127.0.0.1", port: 9464)
  /// Where a cluster's payload loggers are heard: in pods, whose addresses Serin then tells apart.
  package static let payloads = ListenAddress(host: "0.0.0.0", port: 9465)
  /// How long a client waits before it is told 504.
  package static let requestTimeout: Duration = .seconds(60)
  /// How long requests may still take when their model is unloaded.
  package static let drainTimeout: Duration = .seconds(30)
  /// The weights of a ten-billion-parameter model, on an ordinary disk.
  package static let largestArtifactBytes = 20 << 30
  /// Ten of the largest.
  package static let allArtifactsBytes = 200 << 30
  /// Far more than a machine's model servers answer at once.
  package static let clientConnections = 10_000
  /// Ten photographs as tensors of floats.
  package static let clientBodyBytes = 64 << 20
  /// A head is a few kilobytes: who takes longer has a broken line, or no good in mind.
  package static let clientHeaders: Duration = .seconds(10)
  /// Clients that ask once a minute keep their connection.
  package static let clientIdle: Duration = .seconds(300)
  /// The paths of the V2 protocol and of its extension for text that is generated.
  package static let inferencePaths = ["infer", "generate", "generate_stream"]
  /// The first user of a model server: systemd's own table of users gives these to nobody.
  package static let firstUser = 1_900_000_000
  /// What becomes of a model with unsafe pickles: some formats need what looks dangerous, so it is said first.
  package static let unsafePickles = UnsafePickles.report
  /// How long runs of jobs may keep a switch waiting: a day is longer than a nightly job may take.
  package static let longestLease: Duration = .seconds(24 * 3600)
  /// The processes and threads of one model server: libraries start a thread for each core, several times.
  package static let serverProcesses = 4096
}
