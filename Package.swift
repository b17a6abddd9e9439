// swift-tools-version: 6.2
import PackageDescription

// The `dependencies` below are the architecture: what a target does not list, directly or through
// a target it lists, it cannot import. `hack/check` builds with
// `--explicit-target-dependency-import-check error`, which makes that true of stale builds too.

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Settings of what the tests compute with for minutes: optimised in debug builds, too.
///
/// The simulation of crashes takes a quarter of the time by it. Preconditions stay.
let fast: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// Settings of the pure core, which also refuses every unsafe construct.
let pure: [SwiftSetting] = fast + [.strictMemorySafety()]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
/// The server alone: no router, no TLS, no HTTP/2, no configuration files.
let http: [Target.Dependency] = [
  .product(name: "HummingbirdCore", package: "hummingbird"),
  .product(name: "HTTPTypes", package: "swift-http-types"),
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOExtras", package: "swift-nio-extras"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
  .product(name: "NIOPosix", package: "swift-nio"),
]
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "serin",
  products: [
    .executable(name: "serin", targets: ["serin"]),
    .executable(name: "serin-relay", targets: ["serin-relay"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
  ],
  targets: [
    // C libraries of the system. One module map each, and one target that may import it.
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CProcess"),
    .systemLibrary(name: "CEpoll"),

    // Pure core: values in, values out.
    .target(name: "Analysis", swiftSettings: pure),
    .target(name: "Profiles", dependencies: ["Analysis"], swiftSettings: pure),
    .target(name: "Rollouts", dependencies: ["Analysis", "Profiles"], swiftSettings: pure),
    // How a runtime gets from what it has to what a plan asks for.
    .target(name: "Delivery", dependencies: ["Rollouts"], swiftSettings: pure),
    .target(name: "Charts", swiftSettings: pure),
    // Every sentence that a person reads about a decision.
    .target(name: "Wording", dependencies: ["Analysis", "Rollouts"], swiftSettings: pure),
    // Draws that are the same on every machine, for the simulation, the tests and the benchmarks.
    .target(name: "Randomness", dependencies: ["Analysis"], swiftSettings: pure),

    // JSON, digests and text made safe: everybody writes them, so they import nothing of ours.
    .target(name: "Encoding", dependencies: [crypto], swiftSettings: fast),

    // What this process lets others see, and what the programs get that it starts.
    .target(name: "Processes", dependencies: ["CProcess"], swiftSettings: strict),

    // A lock and a queue that may block, for the edge and the simulation.
    .target(name: "Threads", swiftSettings: strict),

    // What people write, and what the controller writes.
    .target(
      name: "Manifests",
      dependencies: ["Analysis", "Encoding", "Profiles", "Rollouts", "CYAML"],
      swiftSettings: fast),
    .target(
      name: "Ledger", dependencies: ["Analysis", "Encoding", "Rollouts", "Wording", crypto],
      swiftSettings: fast),

    // What auditors read and take away.
    .target(
      name: "Audit",
      dependencies: ["Analysis", "Encoding", "Ledger", "Profiles", "Rollouts", "Wording"],
      swiftSettings: fast),
    .target(
      name: "Reports",
      dependencies: [
        "Analysis", "Audit", "Charts", "Encoding", "Ledger", "Profiles", "Rollouts", "Wording",
        crypto,
      ],
      swiftSettings: strict),

    // From tables to profiles.
    .target(
      name: "Profiling", dependencies: ["Analysis", "Encoding", "Processes", "Profiles"],
      swiftSettings: fast),

    // The loop, and the ports it speaks through.
    .target(
      name: "Control",
      dependencies: [
        "Analysis", "Audit", "Encoding", "Ledger", "Manifests", "Profiles", "Rollouts", "Threads",
        "Wording", deque, heap, logging,
      ],
      swiftSettings: fast),
    // From captured payloads to counts.
    .target(
      name: "Payloads", dependencies: ["Control", "Profiles", "Rollouts", "Threads", deque],
      swiftSettings: strict),
    // What a rollout would come to under a traffic that is only described.
    .target(
      name: "Simulation", dependencies: ["Analysis", "Profiles", "Randomness", "Rollouts"],
      swiftSettings: fast),

    // Adapters: one outside system each. HTTP is a wrapper that they share.
    .target(name: "HTTP", dependencies: ["Threads", "CCurl"], swiftSettings: strict),
    // What a model server is asked before it counts.
    .target(
      name: "Inferences",
      dependencies: [
        "Analysis", "Encoding", "HTTP", "Payloads", "Profiles", "Randomness", "Rollouts", "Threads",
      ],
      swiftSettings: strict),
    .target(
      name: "Git",
      dependencies: [
        "Control", "HTTP", "Ledger", "Manifests", "Processes", "Rollouts", "Threads", "CGit2",
        crypto, cryptoExtras, heap,
      ],
      swiftSettings: strict),
    .target(
      name: "LocalRuntime",
      dependencies: [
        "Analysis", "Control", "Delivery", "Encoding", "HTTP", "Inferences", "Manifests",
        "Processes", "Rollouts", "Threads", crypto, logging,
      ],
      swiftSettings: strict),
    .target(
      name: "ClusterRuntime",
      dependencies: [
        "Control", "Delivery", "Encoding", "HTTP", "Inferences", "Kubernetes", "Manifests",
        "Prometheus", "Rollouts", "Threads", "Wording", logging,
      ],
      swiftSettings: strict),
    .target(
      name: "Kubernetes", dependencies: ["Encoding", "HTTP", "Manifests", "Threads", logging],
      swiftSettings: strict),
    .target(
      name: "Prometheus",
      dependencies: ["Analysis", "Control", "Encoding", "HTTP", "Manifests", "Rollouts", logging],
      swiftSettings: strict),
    .target(
      name: "Console",
      dependencies: ["Control", "Encoding", "Rollouts", "Threads", crypto, logging] + http,
      swiftSettings: strict),

    .target(
      name: "Trainers",
      dependencies: [
        "Control", "Encoding", "HTTP", "Ledger", "Manifests", "Rollouts", "Wording",
      ],
      swiftSettings: strict),

    // What stands beside each model server that has a network of its own, and sees nothing of this machine but the
    // server's files and /usr: Swift's libraries are in it, in debug builds as well.
    .executableTarget(
      name: "serin-relay", dependencies: ["CEpoll"], swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-static-stdlib"])]),

    // The edge.
    .executableTarget(
      name: "serin",
      dependencies: [
        "Analysis", "Audit", "CMalloc", "Charts", "ClusterRuntime", "Console", "Control",
        "Encoding", "Git", "HTTP", "Kubernetes", "Ledger", "LocalRuntime", "Manifests", "Payloads",
        "Processes", "Profiles", "Profiling", "Reports",
        "Rollouts", "Simulation", "Threads", "Trainers", "Wording",
        argumentParser, logging,
      ],
      swiftSettings: strict),

    // Measuring: what others decide on the same counts, and what it all costs.
    .target(
      name: "Peers", dependencies: ["Analysis", "Simulation"], path: "hack/bench/Peers",
      swiftSettings: strict),
    .target(name: "CAllocations", path: "hack/bench/CAllocations"),
    .executableTarget(
      name: "serin-bench",
      dependencies: [
        "Analysis", "Audit", "CAllocations", "ClusterKit", "Control", "Encoding", "Git", "HTTP",
        "Ledger", "LocalRuntime", "Manifests", "Payloads", "Peers", "Profiles", "Randomness",
        "Rollouts", "Simulation", "SimulationKit", "Threads", argumentParser, logging,
      ],
      path: "hack/bench/serin-bench", swiftSettings: strict),

    // Worlds in memory that fail as a seed says, and ledgers to try an audit on.
    .target(
      name: "SimulationKit",
      dependencies: [
        "Analysis", "Audit", "Control", "Delivery", "Encoding", "Ledger", "Manifests", "Profiles",
        "Randomness", "Rollouts", "Simulation", "Threads", logging,
      ],
      path: "Tests/SimulationKit", swiftSettings: fast),
    // What every runtime must pass.
    .target(
      name: "RuntimeConformance", dependencies: ["Analysis", "Control", "Rollouts"],
      path: "Tests/RuntimeConformance", swiftSettings: strict),
    .target(name: "Golden", path: "Tests/Golden", swiftSettings: strict),
    .target(
      name: "TestKit", dependencies: ["HTTP", "Threads", logging], path: "Tests/TestKit",
      swiftSettings: strict),
    // An API server of Kubernetes in memory.
    .target(
      name: "ClusterKit", dependencies: ["Encoding", "Manifests", "Threads", logging] + http,
      path: "Tests/ClusterKit", exclude: ["schemas"], swiftSettings: fast),
    // What stands behind it: real servers and a real Envoy.
    .target(
      name: "ClusterNode", dependencies: ["ClusterKit", "Encoding", "HTTP", "TestKit"],
      path: "Tests/ClusterNode", exclude: ["agent.py"], swiftSettings: strict),
    // All of it as a program, for scripts.
    .executableTarget(
      name: "serin-test-cluster",
      dependencies: [
        "ClusterKit", "ClusterNode", "Encoding", "TestKit", "Threads", argumentParser,
      ],
      path: "Tests/TestCluster", swiftSettings: strict),
    // What a program may do while it is killed or has no disk left.
    .target(name: "CFaults", path: "Tests/CFaults"),
    .executableTarget(
      name: "LedgerWriter",
      dependencies: [
        "CFaults", "Control", "Git", "Ledger", "Manifests", "Rollouts", "SimulationKit",
      ],
      path: "Tests/LedgerWriter", swiftSettings: strict),
    .testTarget(
      name: "AnalysisTests", dependencies: ["Analysis", "Randomness"], exclude: ["vectors"],
      swiftSettings: strict),
    .testTarget(
      name: "ChartsTests", dependencies: ["Charts", "Golden", "Randomness"], exclude: ["golden"],
      swiftSettings: strict),
    .testTarget(
      name: "ProfilesTests", dependencies: ["Profiles", "Randomness"], swiftSettings: strict),
    .testTarget(
      name: "ProfilingTests", dependencies: ["Profiles", "Profiling", "Randomness"],
      swiftSettings: strict),
    .testTarget(
      name: "EncodingTests", dependencies: ["Encoding", "Randomness"], swiftSettings: strict),
    .testTarget(
      name: "PayloadsTests",
      dependencies: ["Control", "Payloads", "Profiles", "Randomness", "Rollouts", "Threads"],
      swiftSettings: strict),
    .testTarget(
      name: "RolloutsTests",
      dependencies: ["Analysis", "Golden", "Profiles", "Randomness", "Rollouts", "Wording"],
      exclude: ["golden", "stories"],
      swiftSettings: strict),
    .testTarget(
      name: "WordingTests", dependencies: ["Analysis", "Golden", "Rollouts", "Wording"],
      exclude: ["golden"], swiftSettings: strict),
    .testTarget(
      name: "ManifestsTests",
      dependencies: [
        "Analysis", "Encoding", "Golden", "Manifests", "Profiles", "Randomness", "Rollouts",
        "TestKit",
      ],
      exclude: ["bad", "golden"], swiftSettings: strict),
    .testTarget(
      name: "LedgerTests",
      dependencies: [
        "Analysis", "Encoding", "Golden", "Ledger", "Randomness", "Rollouts", "SimulationKit",
      ],
      exclude: ["golden"], swiftSettings: strict),
    .testTarget(
      name: "AuditTests",
      dependencies: [
        "Analysis", "Audit", "Encoding", "Golden", "Ledger", "Rollouts", "SimulationKit",
      ],
      exclude: ["golden"], swiftSettings: strict),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "Audit", "Encoding", "Golden", "Ledger", "Reports", "Rollouts", "SimulationKit",
      ],
      exclude: ["golden"], swiftSettings: strict),
    .testTarget(
      name: "ControlTests",
      dependencies: [
        "Control", "Encoding", "Ledger", "Manifests", "Profiles", "Rollouts", "SimulationKit",
        "TestKit", "Threads",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Analysis", "Audit", "Control", "Encoding", "Ledger", "Profiles", "Randomness", "Rollouts",
        "RuntimeConformance", "Simulation", "SimulationKit", "Threads",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PeersTests", dependencies: ["Analysis", "Peers", "Simulation"], exclude: ["vectors"],
      swiftSettings: strict),
    .testTarget(
      name: "ConsoleTests",
      dependencies: ["Console", "Control", "Golden", "Rollouts", "TestKit", "Threads", crypto],
      exclude: ["golden"], swiftSettings: strict),
    .testTarget(
      name: "DeliveryTests", dependencies: ["Delivery", "Randomness", "Rollouts"],
      swiftSettings: strict),
    .testTarget(
      name: "InferencesTests",
      dependencies: ["HTTP", "Inferences", "Profiles", "Randomness", "Rollouts"],
      swiftSettings: strict),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "TestKit"], swiftSettings: strict),
    .testTarget(
      name: "GitTests",
      dependencies: [
        "Audit", "Control", "Git", "Ledger", "Manifests", "Randomness", "Rollouts",
        "SimulationKit", "TestKit", "Threads",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ClusterRuntimeTests",
      dependencies: [
        "Analysis", "ClusterKit", "ClusterNode", "ClusterRuntime", "Control", "Delivery",
        "Encoding", "Golden", "HTTP", "Inferences", "Kubernetes", "Manifests", "Prometheus",
        "Randomness", "Ledger", "Rollouts", "RuntimeConformance", "SimulationKit", "TestKit",
        "Threads", logging,
      ],
      exclude: ["golden"], swiftSettings: strict),
    .testTarget(
      name: "KubernetesTests",
      dependencies: [
        "ClusterKit", "Encoding", "HTTP", "Kubernetes", "TestKit", "Threads", logging,
      ] + http,
      exclude: ["exchanges", "Independent/kmock_server.py"], swiftSettings: strict),
    // Clients that are not Serin's, against that server.
    .testTarget(
      name: "ClusterKitTests",
      dependencies: ["ClusterKit", "Encoding", "Kubernetes", "TestKit"],
      exclude: ["clients"], swiftSettings: strict),
    // What operators install, as kubectl and Prometheus read it.
    .testTarget(
      name: "InstallationTests",
      dependencies: ["ClusterKit", "Encoding", "Manifests", "TestKit", "serin"],
      exclude: ["alerts.yaml"], swiftSettings: strict),
    .testTarget(
      name: "PrometheusTests",
      dependencies: [
        "Analysis", "Control", "HTTP", "Manifests", "Prometheus", "Randomness", "Rollouts",
        "TestKit", logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "LocalRuntimeTests",
      dependencies: [
        "Analysis", "Control", "Encoding", "Golden", "HTTP", "LocalRuntime", "Manifests",
        "Profiles", "Randomness", "Rollouts", "RuntimeConformance", "TestKit", "Threads",
      ],
      exclude: ["Envoy/golden", "Servers/golden", "resources"], swiftSettings: strict),
    .testTarget(
      name: "SerinTests",
      dependencies: [
        "ClusterKit", "ClusterNode", "Encoding", "Git", "Golden", "HTTP", "Ledger", "Manifests",
        "Processes", "Randomness", "SimulationKit", "TestKit", "Threads", "serin",
      ],
      exclude: ["Audit/golden", "Commands/golden", "EndToEnd/server.py", "frozen"],
      swiftSettings: strict),
    .testTarget(
      name: "TrainersTests",
      dependencies: [
        "Control", "Encoding", "HTTP", "Ledger", "Manifests", "Rollouts", "SimulationKit",
        "TestKit", "Threads", "Trainers",
      ],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ]
)
