import Foundation
import Golden
import LocalRuntime
import Rollouts
import TestKit
import Testing

/// The text that Envoy reads.
///
/// A change of it is a change of every running Envoy: read the diff.
@Suite struct EnvoyConfigurationTests {
  static let configuration = EnvoyConfiguration(
    folder: RuntimeFolder("/var/lib/serin"),
    setup: LocalRuntimeSetup(folder: "/var/lib/serin"))
  static let fraud = DeploymentName(namespace: "payments", name: "fraud-detector")
  static let iris = DeploymentName(namespace: "default", name: "iris")

  static func key(_ deployment: DeploymentName, _ revision: String) -> ServerKey {
    ServerKey(deployment, Revision.ID(revision))
  }

  static func share(_ revision: String, _ version: String, _ weight: Int) -> EnvoyRoute.Share {
    EnvoyRoute.Share(revision: Revision.ID(revision), version: version, weight: PerMille(weight))
  }

  /// What the Envoy of copies reads: the servers that get any, and one socket of this user's.
  @Test func copierTexts() throws {
    let copies = EnvoyConfiguration(
      folder: RuntimeFolder("/var/lib/serin"),
      setup: LocalRuntimeSetup(folder: "/var/lib/serin"), role: .copies)
    let clusters = [
      EnvoyCluster(key: Self.key(Self.fraud, "3f9c2a71d0"), addresses: [.port(20_001)]),
      EnvoyCluster(
        key: Self.key(Self.iris, "07b1c3d5e9"), addresses: [.port(20_004)], isMirrored: true),
    ]
    try expectGolden(copies.clusters(clusters).text, "copier-clusters.json")
    try expectGolden(copies.listeners().text, "copier-listeners.json")
  }

  @Test func bootstrapText() throws {
    try expectGolden(
      Self.configuration.bootstrap(adminSocket: "/var/lib/serin/envoy/admin.sock"),
      "bootstrap.json")
  }

  @Test func listenerText() throws {
    try expectGolden(Self.configuration.listeners().text, "listeners.json")
  }

  @Test func clusterText() throws {
    let clusters = [
      EnvoyCluster(key: Self.key(Self.fraud, "3f9c2a71d0"), addresses: [.port(20_001), .closed]),
      EnvoyCluster(
        key: Self.key(Self.iris, "07b1c3d5e9"), addresses: [.port(20_004)], isMirrored: true),
    ]
    let document = Self.configuration.clusters(clusters)
    try expectGolden(document.text, "clusters.json")
    #expect(Self.configuration.clusters(clusters.reversed()) == document)
  }

  /// A split, a share of nothing, a single revision whose version looks like a format, and a
  /// deployment that nobody can answer for.
  @Test func routeText() throws {
    let routes = [
      EnvoyRoute(
        deployment: Self.fraud,
        shares: [
          Self.share("3f9c2a71d0", "7", 950), Self.share("a1", "8", 50), Self.share("b2", "9", 0),
        ], isReplicated: true),
      EnvoyRoute(deployment: Self.iris, shares: [Self.share("07b1c3d5e9", "100%", 1000)]),
      EnvoyRoute(
        deployment: DeploymentName(namespace: "search", name: "ranker"),
        shares: []),
    ]
    let document = Self.configuration.routes(routes)
    try expectGolden(document.text, "routes.json")
    #expect(Self.configuration.routes(routes.reversed()) == document)
    #expect(Self.configuration.routes([]).version != document.version)
  }

  /// Copies of inferences and of nothing else, captured as their requests are, and with a second try where there are
  /// replicas; what a client says in the headers of copies is replaced.
  @Test func mirrorText() throws {
    let routes = [
      EnvoyRoute(
        deployment: Self.fraud, shares: [Self.share("3f9c2a71d0", "7", 1000)],
        mirror: Self.share("a1", "8", 125), sampling: PerMille(50), isReplicated: true)
    ]
    let lease = CaptureLease(
      end: Instant(milliseconds: 1_795_272_230_999), bytesPerThread: 16 << 20)
    try expectGolden(
      Self.configuration.routes(routes, lease: lease).text, "mirrored-routes.json")
  }

  /// Inferences and everything else with the header come first, and are captured as all others are.
  @Test func matchText() throws {
    let match = EnvoyRoute.Match(
      revision: Revision.ID("a1"), version: "8",
      when: try #require(HeaderMatch(header: "x-beta", value: "100%")))
    let routes = [
      EnvoyRoute(
        deployment: Self.fraud, shares: [Self.share("3f9c2a71d0", "7", 1000)], match: match,
        sampling: PerMille(50), isReplicated: true)
    ]
    let lease = CaptureLease(
      end: Instant(milliseconds: 1_795_272_230_999), bytesPerThread: 16 << 20)
    try expectGolden(
      Self.configuration.routes(routes, lease: lease).text, "matched-routes.json")
  }

  /// A namespace says which of its deployments do not answer, at most three by name; one that was
  /// removed is not missed.
  @Test func serverText() throws {
    let presences: [(String, EnvoyRoute.Presence)] = [
      ("a", .silent), ("b", .answering), ("c", .silent), ("d", .gone), ("e", .silent),
      ("f", .silent),
    ]
    let crm = presences.map { name, presence in
      EnvoyRoute(
        deployment: DeploymentName(namespace: "crm", name: name), shares: [], presence: presence)
    }
    let lost = EnvoyRoute(
      deployment: DeploymentName(namespace: "lost", name: "x"), shares: [], presence: .gone)
    let document = Self.configuration.routes(crm + [lost])
    try expectGolden(document.text, "server-routes.json")
    #expect(document.text.contains("4 of 5 do not answer: a, c, e and 1 more"))
    #expect(!document.text.contains("/lost/v2\""))
  }

  /// A deployment that is captured says so on its routes, with what names its entities and slices, and no other one does; without a lease
  /// there is nothing to say.
  @Test func captureText() throws {
    let shares = [Self.share("3f9c2a71d0", "7", 950), Self.share("a1", "8", 50)]
    let routes = [
      EnvoyRoute(
        deployment: Self.fraud, shares: shares, sampling: PerMille(50),
        affinity: .cookie(name: "sid"), slices: .header(name: "x-tenant")),
      EnvoyRoute(deployment: Self.iris, shares: [Self.share("07b1c3d5e9", "1", 1000)]),
    ]
    let lease = CaptureLease(
      end: Instant(milliseconds: 1_795_272_230_999), bytesPerThread: 32 << 20)
    try expectGolden(Self.configuration.routes(routes, lease: lease).text, "captured-routes.json")
    let unsampled = routes.map {
      EnvoyRoute(deployment: $0.deployment, shares: $0.shares, affinity: $0.affinity)
    }
    #expect(Self.configuration.routes(routes) == Self.configuration.routes(unsampled, lease: lease))
  }

  /// A share that is drawn by a field of the body has a route more, for bodies that are read first; a single revision
  /// reads none.
  @Test func bodyText() throws {
    func route(_ shares: [EnvoyRoute.Share]) -> EnvoyRoute {
      EnvoyRoute(
        deployment: Self.fraud, shares: shares, sampling: PerMille(50),
        affinity: .json(path: ["parameters", "user_id"]))
    }
    let both = [Self.share("3f9c2a71d0", "7", 950), Self.share("a1", "8", 50)]
    let lease = CaptureLease(
      end: Instant(milliseconds: 1_795_272_230_999), bytesPerThread: 32 << 20)
    try expectGolden(
      Self.configuration.routes([route(both)], lease: lease).text, "body-routes.json")
    let alone = Self.configuration.routes([route([Self.share("a1", "8", 1000)])]).text
    #expect(!alone.contains("serin.field"))
  }

  /// A unix socket's address holds 107 bytes; a longer path gets a short one that is ours alone.
  @Test(.temporaryFolder) func longFoldersGetAShortSocket() throws {
    let short = RuntimeFolder("/var/lib/serin")
    #expect(try short.adminSocket() == "/var/lib/serin/envoy/admin.sock")
    let exact = RuntimeFolder(
      "/" + String(repeating: "x", count: 107 - "/envoy/admin.sock".count - 1))
    #expect(try exact.adminSocket().utf8.count == 107)
    let long = RuntimeFolder("/" + String(repeating: "x", count: 200))
    let base = TemporaryFolder.current.path
    let socket = try long.adminSocket(environment: ["XDG_RUNTIME_DIR": base])
    #expect(socket.hasPrefix(base + "/serin/") && socket.utf8.count <= 107)
    #expect(try long.adminSocket(environment: ["XDG_RUNTIME_DIR": base]) == socket)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: base + "/serin")
    #expect(throws: LocalRuntimeError.self) {
      try long.adminSocket(environment: ["XDG_RUNTIME_DIR": base])
    }
  }
}
