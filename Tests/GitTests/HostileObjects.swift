import Foundation
import Git
import TestKit

/// Objects that nobody would make by hand, written into a repository as a push would bring them.
struct HostileObjects {
  let upstream: Upstream
  /// The branch that the hostile commits are over.
  var branch = "main"

  /// Writes an object that is a text and then one byte many times; returns its name.
  ///
  /// It is packed down to a thousandth, as whoever wants the memory of the reader would do it.
  func bomb(_ type: String, _ text: String, filledTo size: Int) throws -> String {
    try run(Self.bombScript, [type, "\(size)"], text)
  }

  private static let bombScript = """
    import hashlib, os, sys, zlib
    folder, kind, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    text = sys.stdin.buffer.read()
    name, packed, out = hashlib.sha1(), zlib.compressobj(9), bytearray()
    def put(data):
        name.update(data)
        out.extend(packed.compress(data))
    put(f"{kind} {size}\\0".encode() + text)
    left, block = size - len(text), b"a" * (1 << 20)
    while left > 0:
        put(block[:min(left, len(block))])
        left -= len(block)
    out.extend(packed.flush())
    digest = name.hexdigest()
    os.makedirs(f"{folder}/objects/{digest[:2]}", exist_ok=True)
    open(f"{folder}/objects/{digest[:2]}/{digest[2:]}", "wb").write(out)
    print(digest)
    """

  /// Writes a commit of this size over the tip of the branch, and points the branch to it; returns its name.
  func bombCommit(_ size: Int) throws -> String {
    let (tree, parent) = (
      try upstream.runBare(["rev-parse", "\(branch)^{tree}"]),
      try upstream.runBare(["rev-parse", branch])
    )
    let person = "Eve <eve@example.org> 1700000000 +0000"
    let bomb = try bomb(
      "commit", "tree \(tree)\nparent \(parent)\nauthor \(person)\ncommitter \(person)\n\n",
      filledTo: size)
    try upstream.runBare(["update-ref", "refs/heads/\(branch)", bomb])
    return bomb
  }

  /// Writes a folder; an entry is "100644 blob 12ab…\tname".
  func folder(_ entries: [String]) throws -> String {
    try run(
      "import subprocess, sys\nprint(subprocess.run(['git', '-C', sys.argv[1], 'mktree', '--missing'], "
        + "input=sys.stdin.buffer.read(), stdout=subprocess.PIPE, check=True).stdout.decode())",
      [], entries.joined(separator: "\n") + "\n")
  }

  /// Writes folders in each other, in which each has the next one under all of the names, and the last one
  /// a blob; returns the outermost as an entry without its name.
  func nested(_ depth: Int, of blob: String, under names: [String]) throws -> String {
    "040000 tree \(try run(Self.nestedScript, ["\(depth)", blob] + names, ""))"
  }

  private static let nestedScript = """
    import hashlib, os, sys, zlib
    folder, depth, name, names = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    mode = b"100644"
    for _ in range(depth):
        body = b"".join(mode + b" %s\\0" % n.encode() + bytes.fromhex(name) for n in names)
        data, mode = b"tree %d\\0" % len(body) + body, b"40000"
        name = hashlib.sha1(data).hexdigest()
        os.makedirs(f"{folder}/objects/{name[:2]}", exist_ok=True)
        open(f"{folder}/objects/{name[:2]}/{name[2:]}", "wb").write(zlib.compress(data))
    print(name)
    """

  /// Writes a folder byte by byte, whatever is wrong with it.
  func brokenFolder(_ entries: [(mode: String, name: String, id: String)]) throws -> String {
    let lines = entries.map { "\($0.mode) \($0.name)\t\($0.id)" }.joined(separator: "\n")
    return try run(Self.brokenScript, [], lines)
  }

  private static let brokenScript = """
    import hashlib, os, sys, zlib
    folder, body = sys.argv[1], b""
    for line in sys.stdin.buffer.read().split(b"\\n"):
        entry, _, name = line.rpartition(b"\\t")
        body += entry + b"\\0" + bytes.fromhex(name.decode())
    data = b"tree %d\\0" % len(body) + body
    digest = hashlib.sha1(data).hexdigest()
    os.makedirs(f"{folder}/objects/{digest[:2]}", exist_ok=True)
    open(f"{folder}/objects/{digest[:2]}/{digest[2:]}", "wb").write(zlib.compress(data))
    print(digest)
    """

  /// Writes a pack with a file of 64 KB, and a delta of it that comes to `size` bytes; returns the entries
  /// of both, since a server sends no delta without what it is one of.
  func deltaBomb(_ size: Int) throws -> [String] {
    let names = try run(Self.deltaScript, ["\(size >> 16)"], "").split(separator: "\n")
    return names.enumerated().map { "100644 blob \($1)\tevil\($0).yaml" }
  }

  private static let deltaScript = """
    import hashlib, struct, subprocess, sys, zlib
    folder, times = sys.argv[1], int(sys.argv[2])
    base = b"b" * 65536
    def size(n):
        out = bytearray()
        while True:
            out.append(n & 127 | (128 if n > 127 else 0))
            n >>= 7
            if not n: return bytes(out)
    def header(kind, n):
        first, n = kind << 4 | n & 15, n >> 4
        return bytes([first | (128 if n else 0)]) + (size(n) if n else b"")
    # Copies 65536 bytes from the beginning: no byte of the offset, none of the size.
    delta = size(len(base)) + size(len(base) * times) + b"\\x80" * times
    name = hashlib.sha1(b"blob %d\\0" % len(base) + base).digest()
    pack = b"PACK" + struct.pack(">II", 2, 2)
    pack += header(3, len(base)) + zlib.compress(base, 9)
    pack += header(7, len(delta)) + name + zlib.compress(delta, 9)
    pack += hashlib.sha1(pack).digest()
    subprocess.run(["git", "-C", folder, "index-pack", "--stdin", "--fix-thin"], input=pack,
                   stdout=subprocess.DEVNULL, check=True)
    whole = hashlib.sha1(b"blob %d\\0" % (len(base) * times))
    for _ in range(times): whole.update(base)
    print(name.hex())
    print(whole.hexdigest())
    """

  /// Commits a tree over the branch, and points the branch to it; returns the commit.
  func commit(_ tree: String) throws -> String {
    let commit = try upstream.runBare(
      ["commit-tree", tree, "-p", "refs/heads/\(branch)", "-m", "change"])
    try upstream.runBare(["update-ref", "refs/heads/\(branch)", commit])
    return commit
  }

  /// Returns the folder of the branch with these entries beside what it has.
  func rootWith(_ entries: [String]) throws -> String {
    let present = try upstream.runBare(["ls-tree", branch]).split(separator: "\n").map(String.init)
    return try folder(present + entries)
  }

  /// Makes main's list of references longer by so many branches.
  func advertise(_ count: Int) throws {
    let tip = try upstream.runBare(["rev-parse", "main"])
    let lines = (0..<count).map { "\(tip) refs/heads/\(Self.padding)\(1_000_000 + $0)\n" }
    let text = "# pack-refs with: peeled fully-peeled sorted \n" + lines.joined()
    try Data(text.utf8).write(to: upstream.folder.appending(path: "packed-refs"))
  }

  private static let padding = String(repeating: "x", count: 60)

  private func run(_ script: String, _ arguments: [String], _ input: String) throws -> String {
    let name = UUID().uuidString
    let (program, text) = (
      TemporaryFolder.current.appending(path: "\(name).py"),
      TemporaryFolder.current.appending(path: "\(name).txt")
    )
    try Data(script.utf8).write(to: program)
    try Data(input.utf8).write(to: text)
    let words = (["python3", program.path, upstream.folder.path] + arguments)
      .map { "'\($0)'" }.joined(separator: " ")
    return try shell(["sh", "-c", "\(words) < '\(text.path)'"])
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// A way to a repository: over each of them, something else reads what is in it.
enum Way: String, CaseIterable, CustomStringConvertible {
  case file, https, ssh

  var description: String { rawValue }
}

/// A repository as it is reached over one of the ways, as long as this lives.
final class Host {
  let remote: GitRemote
  private let web: HTTPSServer?
  private let shell: SSHServer?

  init(of upstream: Upstream, over way: Way) async throws {
    let folder = TemporaryFolder.current
    web = way == .https ? try await HTTPSServer(in: folder) : nil
    shell = way == .ssh ? try await SSHServer(in: folder) : nil
    if let web {
      remote = try web.remote(timeout: .seconds(60))
    } else if let shell {
      remote = try shell.remote(
        upstream.folder.path, knowing: shell.line("ed25519"), timeout: .seconds(60))
    } else {
      remote = try GitRemote(upstream.folder.path)
    }
  }

  deinit { web?.stop() }

  /// Opens a source; all of them share one clone.
  func source(within limits: TransferLimits = .manifests) throws -> GitSource {
    try GitSource(
      remote: remote, branch: "main",
      repository: TemporaryFolder.current.appending(path: "clone").path, limits: limits)
  }
}
