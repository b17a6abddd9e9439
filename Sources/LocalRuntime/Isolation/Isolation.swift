import Foundation
import Glibc
package import Logging
package import Manifests

/// What of the isolation of models this machine gives, found out by trying it.
package struct Isolation: Equatable, Sendable {
  /// One of the things that a server can be kept from, in words that a log shows.
  package enum Part: String, CaseIterable, Sendable {
    case files, processes, user, network, limits
  }

  /// How servers are shut in; nil when they are not.
  package let sandbox: Sandbox?
  package let had: [Part]
  /// What was asked for and the machine does not give, and why, with what to do about it.
  package let missing: [String]
  /// What holds in a lesser way than it could, and was not asked for.
  package let lesser: [String]

  package static let none = Isolation(sandbox: nil, had: [])

  package init(sandbox: Sandbox?, had: [Part], missing: [String] = [], lesser: [String] = []) {
    self.sandbox = sandbox
    self.had = had
    self.missing = missing
    self.lesser = lesser
  }

  /// Names what servers are started with; one that was started with something else is started again.
  package var name: String {
    had.isEmpty ? "none" : had.map(\.rawValue).joined(separator: ", ")
  }

  /// Refuses a machine that does not give what the operator requires.
  package func enforce(_ mode: IsolationSettings.Mode) throws {
    guard mode == .required, !missing.isEmpty else { return }
    throw LocalRuntimeError(
      .missingTool, "isolate model servers, which isolation.mode requires",
      missing.joined(separator: "\n"))
  }

  /// Says once what models are kept from, and what not.
  package func announce(_ mode: IsolationSettings.Mode, _ logger: Logger) {
    var has: Logger.Metadata = ["from": "\(name)"]
    if !missing.isEmpty { has["missing"] = "\(missing.joined(separator: "; "))" }
    if !lesser.isEmpty { has["lesser"] = "\(lesser.joined(separator: "; "))" }
    if mode == .none {
      logger.warning("models are not isolated: they may do what the controller may")
    } else if missing.isEmpty {
      logger.info("models are isolated", metadata: has)
    } else {
      logger.warning("models are not isolated from everything", metadata: has)
    }
    if getuid() == 0 {
      logger.warning("the controller runs as root; a user of its own is enough for it, and safer")
    }
  }
}

/// Finds out what can be had, from the most to the least.
struct IsolationSearch {
  let settings: IsolationSettings
  /// The folder in which trials write their logs.
  let folder: String
  /// Where a trial makes its socket.
  let socket: String
  let path: String
  /// The path of bubblewrap; nil to look for it.
  let bubblewrap: String?
  /// The program that lends servers a unix socket.
  let relay: String?
  var isRoot = getuid() == 0

  func find() async throws -> Isolation {
    guard settings.mode != .none else { return .none }
    guard let bubblewrap = program("bwrap") else {
      return Isolation(
        sandbox: nil, had: [],
        missing: [
          "files, processes, user, network: bubblewrap is missing: apt-get install bubblewrap"
        ])
    }
    var missing: [String] = []
    var lesser: [String] = []
    guard let (sandbox, user) = try await shutIn(bubblewrap, &missing) else {
      return Isolation(sandbox: nil, had: [], missing: missing)
    }
    var found = try await alone(sandbox, &missing)
    found = isLimitAsked ? limited(found, &missing) : limited(found, &lesser)
    let had = Isolation.Part.allCases.filter { part in
      switch part {
      case .files, .processes: true
      case .user: user
      case .network: found.relay != nil
      case .limits: found.groups != nil
      }
    }
    return Isolation(sandbox: found, had: had, missing: missing, lesser: lesser)
  }

  /// Whether the operator named a limit that only a control group keeps.
  private var isLimitAsked: Bool {
    settings.limits.memory != nil || settings.limits.milliCores != nil
  }

  /// Files and processes, and a user if there may be one.
  private func shutIn(
    _ bubblewrap: String, _ missing: inout [String]
  ) async throws -> (Sandbox, hasUser: Bool)? {
    let sandbox = Sandbox(
      bubblewrap: bubblewrap, ownUser: isRoot, relay: nil, settings: settings)
    guard let refusal = try await refusal(of: sandbox) else { return (sandbox, true) }
    if isRoot {
      let plain = Sandbox(bubblewrap: bubblewrap, ownUser: false, relay: nil, settings: settings)
      if try await self.refusal(of: plain) == nil {
        missing.append("user: \(refusal): give root the users from \(settings.firstUser) on")
        return (plain, false)
      }
    }
    missing.append(
      "files, processes, user, network: \(refusal): let the controller make namespaces")
    return nil
  }

  /// A network of its own, when models may not use the machine's.
  private func alone(_ sandbox: Sandbox, _ missing: inout [String]) async throws -> Sandbox {
    guard !settings.egress else { return sandbox }
    guard let relay else {
      missing.append("network: serin-relay is not beside serin: install both")
      return sandbox
    }
    let alone = Sandbox(
      bubblewrap: sandbox.bubblewrap, ownUser: sandbox.ownUser, relay: relay, settings: settings)
    guard let refusal = try await refusal(of: alone) else { return alone }
    missing.append("network: \(refusal)")
    return sandbox
  }

  /// Limits of all processes of a server together.
  private func limited(_ sandbox: Sandbox, _ missing: inout [String]) -> Sandbox {
    do {
      return Sandbox(
        bubblewrap: sandbox.bubblewrap, ownUser: sandbox.ownUser, relay: sandbox.relay,
        groups: try ControlGroups.prepare(), settings: settings)
    } catch {
      let reason = (error as? LocalRuntimeError)?.message ?? "\(error)"
      missing.append(
        "limits: \(reason): memory is limited for each process alone, and cpu is not; "
          + "let systemd delegate a group (Delegate=yes, DelegateSubgroup=controller)")
      return sandbox
    }
  }

  /// Runs a program that does nothing in a sandbox; returns what was said against it, or nil.
  private func refusal(of sandbox: Sandbox) async throws -> String? {
    let log = ProcessLog(path: folder + "/isolation.log")
    let offset = log.size
    let inside = Sandbox.Inside(readable: [], hidden: [], port: LoopbackPorts.range.lowerBound)
    let socket = try sandbox.relay.map { _ in try PrivateSocket(self.socket) }
    defer {
      if let socket {
        close(socket.descriptor)
        unlink(self.socket)
      }
    }
    let trial = try DetachedProcess(
      ProcessLaunch(
        command: sandbox.command(["/usr/bin/true"], inside), environment: [:], folder: "/",
        log: log.path, listener: socket?.descriptor))
    let deadline = ContinuousClock.now + .seconds(10)
    while trial.isAlive, ContinuousClock.now < deadline { await pause(.milliseconds(2)) }
    try await trial.stop(grace: .zero)
    guard trial.ending != .exited(0) else { return nil }
    return log.lastWords(since: offset)
      ?? "bubblewrap ended with \(trial.ending?.description ?? "")"
  }

  private func program(_ name: String) -> String? {
    if let bubblewrap { return access(bubblewrap, X_OK) == 0 ? bubblewrap : nil }
    return (path.split(separator: ":").map(String.init) + ["/usr/bin"]).map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 }
  }
}
