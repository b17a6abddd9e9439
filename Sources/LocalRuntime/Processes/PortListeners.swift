import Glibc

/// Who takes the connections to a port of 127.0.0.1, as the kernel says.
///
/// A port belongs to the first process that listens on it, whoever runs that. What answers there is a model
/// server of ours only when the listening socket is open in one of the server's own processes.
package struct PortListeners: Equatable, Sendable {
  /// A socket that listens.
  package struct Listener: Hashable, Sendable {
    /// The user who made it.
    package let uid: UInt32
    /// The number of the socket, by which the descriptors of a process name it.
    package let inode: UInt64
  }

  /// The sockets among which the kernel chooses; several only when one user shares a port.
  package let all: [Listener]

  /// Reads who listens on a port; `tables` lists the kernel's tables of IPv4 and of IPv6.
  package init(
    port: Int, tables: (four: String, six: String) = ("/proc/net/tcp", "/proc/net/tcp6")
  ) {
    let four = Self.read(tables.four, port)
    let six = Self.read(tables.six, port)
    // In the order in which the kernel prefers them for a connection to 127.0.0.1.
    let tiers = [
      four.filter { $0.address == "0100007F" }
        + six.filter { $0.address == "0000000000000000FFFF00000100007F" },
      four.filter { $0.address == "00000000" },
      six.filter { $0.address == String(repeating: "0", count: 32) },
    ]
    all = tiers.first { !$0.isEmpty }?.map(\.listener) ?? []
  }

  /// Returns the sockets that none of a server's processes has.
  package func strangers(to leader: Int32) -> [Listener] {
    var left = all
    for members in [{ Self.descendants(of: leader) }, { Self.session(of: leader) }] {
      guard !left.isEmpty else { return [] }
      let inodes = Set(members().flatMap(Self.sockets))
      left = left.filter { !inodes.contains($0.inode) }
    }
    return left
  }

  /// "user 1001 (process 4711)": who has a socket, as far as it can be seen.
  package static func name(of listener: Listener) -> String {
    let owner = Files.names(in: "/proc").lazy.compactMap { Int32($0) }
      .first { sockets(of: $0).contains(listener.inode) }
    return "user \(listener.uid)" + (owner.map { " (process \($0))" } ?? "")
  }
}

// The kernel's tables.
extension PortListeners {
  /// The state TCP_LISTEN.
  private static let listening = "0A"

  /// Reads the listeners of a port, which are the first lines of the table.
  ///
  /// Reading ends at the first connection: there may be as many of them as the machine's users like.
  private static func read(
    _ path: String, _ port: Int
  ) -> [(address: String, listener: Listener)] {
    let suffix = ":" + String(port + 0x10000, radix: 16, uppercase: true).dropFirst()
    var found: [(address: String, listener: Listener)] = []
    for line in lines(of: path).dropFirst() {
      let fields = line.split(separator: " ")
      guard fields.count > 9, fields[3] == listening else { break }
      guard fields[1].hasSuffix(suffix), let uid = UInt32(fields[7]),
        let inode = UInt64(fields[9])
      else { continue }
      found.append(
        (String(fields[1].dropLast(suffix.count)), Listener(uid: uid, inode: inode)))
    }
    return found
  }

  /// Returns the lines up to the first connection, and no more than the listeners of one machine.
  private static func lines(of path: String) -> [Substring] {
    let limit = 16 << 20
    var text: [UInt8] = []
    try? Files.withFile(path, O_RDONLY, "read") { descriptor in
      while text.count < limit {
        let chunk = try Files.read(descriptor, path: path, atMost: 1 << 16)
        text += chunk
        let last = chunk.split(separator: UInt8(ascii: "\n")).dropLast().last
        let fields = last?.split(separator: UInt8(ascii: " ")) ?? []
        let isOver = fields.count > 3 && Array(fields[3]) != Array(listening.utf8)
        if chunk.isEmpty || isOver { return }
      }
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n")
  }
}

// Processes and their sockets.
extension PortListeners {
  /// Returns a process and those that it and they have started, as far as their parents live.
  private static func descendants(of leader: Int32) -> [Int32] {
    var found = [leader]
    var next = 0
    while next < found.count {
      let tasks = "/proc/\(found[next])/task"
      for task in Files.names(in: tasks) {
        let bytes = (try? Files.contents(of: "\(tasks)/\(task)/children")) ?? []
        found += String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap {
          Int32($0)
        }
      }
      next += 1
    }
    return found
  }

  private static func session(of leader: Int32) -> [Int32] {
    Files.names(in: "/proc").compactMap { Int32($0) }.filter {
      ProcessStatus(pid: $0)?.session == leader
    }
  }

  /// Returns the numbers of the sockets that a process has open; none when it may not be looked at.
  private static func sockets(of pid: Int32) -> [UInt64] {
    let folder = "/proc/\(pid)/fd"
    return Files.names(in: folder).compactMap { name in
      guard let target = Files.target(ofLink: "\(folder)/\(name)") else { return nil }
      return target.wholeMatch(of: /socket:\[([0-9]+)\]/).flatMap { UInt64($0.output.1) }
    }
  }
}
