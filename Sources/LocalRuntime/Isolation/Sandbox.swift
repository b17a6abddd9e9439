package import Manifests

/// How a model server is shut in by bubblewrap: values in, a command line out.
///
/// ```
/// env            ignores SIGTERM from here on, which is meant for the server alone
/// └ bwrap        waits for the end of the server, whose status becomes its own
///   └ bwrap      the first process of the server's own world: when it ends, the kernel ends all others
///     ├ server   prlimit, setpriv, the relay and env have become it, one after the other
///     └ relay    copies between the unix socket and the server's port
/// ```
///
/// The first of them is the process that is written down. It lives as long as the server does, so that a later
/// controller finds it, and a signal to its group reaches all.
package struct Sandbox: Equatable, Sendable {
  package let bubblewrap: String
  /// Whether each server gets a user of its own, for which the controller must be root.
  ///
  /// Else bubblewrap makes a namespace in which the controller's user has no rights but its own.
  package let ownUser: Bool
  /// The program that lends the server a unix socket; nil when it shares the machine's network.
  package let relay: String?
  /// The group in which the servers' groups are made; nil when limits hold for each process alone.
  package let groups: ControlGroups?
  package let settings: IsolationSettings

  package init(
    bubblewrap: String, ownUser: Bool, relay: String?, groups: ControlGroups? = nil,
    settings: IsolationSettings
  ) {
    self.bubblewrap = bubblewrap
    self.ownUser = ownUser
    self.relay = relay
    self.groups = groups
    self.settings = settings
  }

  /// What the server reads and writes besides the system's own files.
  package struct Inside: Equatable, Sendable {
    /// Read-only, each at its own path.
    package let readable: [String]
    /// Folders of which nothing is seen but what of `readable` lies in them.
    package let hidden: [String]
    /// Where the server listens on TCP.
    package let port: Int

    package init(readable: [String], hidden: [String], port: Int) {
      self.readable = readable
      self.hidden = hidden
      self.port = port
    }
  }

  /// Where each server may write: in memory, and gone when it ends.
  package static let scratch = "/tmp"

  /// As much as a model unpacks of itself at its start; what is larger belongs into the artifact.
  private static let scratchBytes = 1 << 30

  /// Returns the command that runs a server inside.
  package func command(_ command: [String], _ inside: Inside) -> [String] {
    let server = relayed(inside) + ["/usr/bin/env", "--default-signal=TERM"] + command
    return shutIn(server, inside, memory: groups == nil ? settings.limits.memory : nil)
  }

  /// Returns the command that runs a program inside which is asked nothing, such as a look into a pickle.
  package func task(_ command: [String], _ inside: Inside) -> [String] {
    shutIn(command, inside, memory: Self.taskBytes)
  }

  /// Far more than it takes to read a pickle, and less than a small machine has.
  private static let taskBytes = 1 << 30

  private func shutIn(_ command: [String], _ inside: Inside, memory: Int?) -> [String] {
    let steps = limits(memory: memory) + privileges(inside) + command
    return ["/usr/bin/env", "--ignore-signal=TERM", bubblewrap] + namespaces + Self.system
      + view(inside) + ["--remount-ro", "/", "--chdir", Self.scratch, "--"] + steps
  }

  /// The user of a server: as its port, each server has one of its own.
  package func user(port: Int) -> Int { settings.firstUser + port - LoopbackPorts.range.lowerBound }

  private var namespaces: [String] {
    let rights = ownUser ? Self.rootCapabilities : ["--unshare-user", "--disable-userns"]
    let network = relay == nil ? [] : ["--unshare-net"]
    return ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
      + rights + network + ["--unsetenv", DetachedProcess.marker]
  }

  /// What `setpriv` needs to become the server's user, and gives up with it.
  private static let rootCapabilities =
    ["--cap-drop", "ALL"]
    + ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"].flatMap { ["--cap-add", $0] }

  /// What every program needs of the machine, and nothing that says more about it than its programs do.
  private static let system: [String] = {
    let folders = ["/bin", "/sbin", "/lib", "/lib32", "/lib64"].flatMap(systemFolder)
    let files = etc.flatMap { ["--ro-bind-try", "/etc/\($0)", "/etc/\($0)"] }
    let kernel = [
      "--proc", "/proc", "--dev", "/dev", "--dir", "/sys", "--dir", "/sys/devices",
      "--ro-bind-try", "/sys/devices/system", "/sys/devices/system",
    ]
    let own = ["--perms", "1777", "--size", "\(scratchBytes)", "--tmpfs", scratch]
    return ["--ro-bind", "/usr", "/usr"] + folders + ["--dir", "/etc", "--dir", "/etc/ssl"] + files
      + kernel + own
  }()

  private static let etc = [
    "alternatives", "ca-certificates", "group", "hosts", "ld.so.cache", "ld.so.conf",
    "ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "passwd", "protocols",
    "resolv.conf", "services", "ssl/certs", "ssl/openssl.cnf", "timezone",
  ]

  private static func systemFolder(_ path: String) -> [String] {
    if let target = Files.target(ofLink: path) { return ["--symlink", target, path] }
    return ["--ro-bind-try", path, path]
  }

  /// The hidden folders come before what is shown of them, which would else be hidden, too.
  private func view(_ inside: Inside) -> [String] {
    let shown = inside.readable + settings.visible
    let (above, below) = (
      shown.filter { path in inside.hidden.contains { Self.holds(path, $0) } },
      shown.filter { path in !inside.hidden.contains { Self.holds(path, $0) } }
    )
    let hidden = inside.hidden.filter { folder in above.contains { Self.holds($0, folder) } }
    return Self.bind(above) + hidden.flatMap { ["--perms", "0755", "--tmpfs", $0] }
      + Self.bind(below + [relay].compactMap(\.self))
      + settings.devices.flatMap { ["--dev-bind-try", $0, $0] }
  }

  /// Shows paths at their own places; the folders above them are made so that every user may pass.
  private static func bind(_ paths: [String]) -> [String] {
    paths.flatMap { path in
      ancestors(of: path).flatMap { ["--dir", $0] } + ["--ro-bind", path, path]
    }
  }

  private static func ancestors(of path: String) -> [String] {
    let parts = path.split(separator: "/").dropLast()
    return parts.indices.map { "/" + parts[...$0].joined(separator: "/") }
  }

  /// Whether a folder is another one, or lies above it.
  static func holds(_ folder: String, _ path: String) -> Bool {
    folder == "/" || path == folder || path.hasPrefix(folder + "/")
  }

  private func privileges(_ inside: Inside) -> [String] {
    let free = ["--inh-caps=-all", "--no-new-privs"]
    guard ownUser else { return ["/usr/bin/setpriv"] + free }
    let user = "\(user(port: inside.port))"
    return ["/usr/bin/setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
      + ["--bounding-set=-all"] + free
  }

  private func relayed(_ inside: Inside) -> [String] {
    relay.map { [$0, "\(inside.port)"] } ?? []
  }

  /// What holds for each process alone; `nproc` counts those of the server's user, where it has one.
  private func limits(memory: Int?) -> [String] {
    ["/usr/bin/prlimit", "--nproc=\(settings.limits.processes)", "--core=0"]
      + (memory.map { ["--data=\($0)"] } ?? []) + ["--"]
  }
}
