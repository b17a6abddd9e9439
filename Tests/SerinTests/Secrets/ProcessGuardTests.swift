import Foundation
import Glibc
import Manifests
import Processes
import TestKit
import Testing

@testable import serin

/// What others on the machine see of a controller: none of its files, none of its memory.
@Suite struct ProcessGuardTests {
  /// Files are for their owner, no core is written, and descriptors are as many as the system gives.
  @Test func aControllerKeepsToItself() async {
    await #expect(processExitsWith: .success) {
      ProcessGuards.set()
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      #expect(umask(0o077) == 0o077)
      #expect(!ProcessGuards.mayBeDumped)
      #expect(limit.rlim_cur == limit.rlim_max)
    }
  }

  /// A descriptor that serin was started with does not reach the programs that it starts.
  @Test func childrenInheritNothing() async {
    await #expect(processExitsWith: .success) {
      let inherited = dup2(open("/etc/hostname", O_RDONLY), 77)
      precondition(inherited == 77 && fcntl(77, F_GETFD) == 0)
      ProcessGuards.set()
      #expect(fcntl(77, F_GETFD) == FD_CLOEXEC)
    }
  }

  /// A state folder that others could read is closed to them, and the files below it with it.
  @Test(.temporaryFolder, arguments: [nil, mode_t(0o755), mode_t(0o777)])
  func theStateFolderIsForOneUser(mode: mode_t?) throws {
    let path = TemporaryFolder.current.appending(path: "state").path
    if let mode {
      mkdir(path, 0o777)
      chmod(path, mode)
    }
    try StateFolder(path).make()
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o700)
  }

  /// Another user's folder is refused, and both users are named: that user could change what is in it.
  @Test(.temporaryFolder, .enabled(if: getuid() == 0))
  func anotherUsersFolderIsRefused() throws {
    let path = TemporaryFolder.current.appending(path: "state").path
    mkdir(path, 0o700)
    chown(path, 12_345, 12_345)
    let error = #expect(throws: Failure.self) { try StateFolder(path).make() }
    #expect(
      error?.description
        == "the state folder \(path) belongs to the user 12345, and serin runs as 0")
  }

  /// A folder of its own for artifacts or logs is closed to others like the state folder, and refused by name
  /// where that is not possible.
  @Test(
    .temporaryFolder, .enabled(if: getuid() == 0),
    arguments: [
      ("mkdir -m 777 f", nil), ("true", nil),
      ("mkdir real; ln -s real f", " is a symbolic link"), ("touch f", " cannot be made: "),
      ("mkdir f; mount -t tmpfs -o ro,mode=700 serin-test f", ": it cannot be written: "),
      ("mkdir f; chown 12345 f", " belongs to the user 12345, and serin runs as 0"),
    ] as [(String, String?)])
  func otherFoldersAreForOneUser(command: String, words: String?) throws {
    let here = TemporaryFolder.current
    try shell(["sh", "-c", command], in: here)
    defer { _ = try? shell(["umount", here.path + "/f"]) }
    let paths = PathSettings(artifacts: here.path + "/f")
    do {
      try StateFolder(here.path + "/state", paths).make()
      var status = stat()
      #expect(words == nil)
      #expect(stat(here.path + "/f", &status) == 0 && status.st_mode & 0o777 == 0o700)
    } catch let error as Failure {
      let start = "the folder for artifacts \(here.path)/f"
      #expect(words.map { error.description.hasPrefix(start + $0) } == true, "\(error)")
    }
  }

  /// What the state folder has for something else is no place for artifacts or logs; the folder itself is.
  @Test(.temporaryFolder, arguments: ["runtimes", "runtimes/local", "ledger.git", "", "more"])
  func foldersDoNotOverlap(name: String) throws {
    let state = TemporaryFolder.current.appending(path: "state").path
    let isRight = ["", "more"].contains(name)
    let folder = StateFolder(state, PathSettings(logs: "\(state)/\(name)"))
    do {
      try folder.make()
      #expect(isRight && folder.logs(ofRuntime: "local") != nil)
      withExtendedLifetime(try folder.lock()) {}
    } catch let error as Failure {
      #expect(!isRight && error.description.hasSuffix("has for something else"))
    }
  }

  /// Two controllers do not share a folder, whichever of theirs it is: each would remove what the other uses.
  @Test(.temporaryFolder) func foldersHaveOneController() throws {
    let here = TemporaryFolder.current.path
    let first = StateFolder("\(here)/1", PathSettings(artifacts: "\(here)/a", logs: "\(here)/a"))
    try first.make()
    let locks = try first.lock()
    #expect(Set(first.roots) == ["\(here)/1", "\(here)/a"])
    let second = StateFolder("\(here)/2", PathSettings(logs: "\(here)/a"))
    try second.make()
    let error = #expect(throws: Failure.self) { try second.lock() }
    #expect(error?.description == "a serin controller is using \(here)/a")
    #expect(error?.hint?.hasSuffix("with --logs") == true)
    withExtendedLifetime(locks) {}
  }

  /// The program itself does all that: seen from outside, when it has just begun.
  @Test(.temporaryFolder, .timeLimit(.minutes(2)))
  func theProgramKeepsToItself() async throws {
    let team = try Team()
    let capable = ["setpriv", "--inh-caps=+net_admin", "--ambient-caps=+net_admin"]
    let serin = try team.start("--repo", "http://127.0.0.1:1/models.git", under: capable)
    defer { try? team.stopServing() }
    defer { serin.stop(SIGKILL) }
    try await eventually { team.log.contains("cannot fetch the manifests") }
    let limits = try String(contentsOfFile: "/proc/\(serin.pid)/limits", encoding: .utf8)
    let files = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
    let numbers = files.split(separator: " ").compactMap { Int($0) }
    #expect(numbers.count == 2 && numbers[0] == numbers[1], "\(files)")
    let status = try String(contentsOfFile: "/proc/\(serin.pid)/status", encoding: .utf8)
    #expect(status.contains("Umask:\t0077\n"))
    // A right that it was started with is no right of what it starts.
    struct Identity: Decodable { let pid: Int32 }
    let file = team.folder.appending(path: "state/runtimes/local/envoy/process.json")
    let envoy = try JSONDecoder().decode(Identity.self, from: Data(contentsOf: file)).pid
    let rights = try String(contentsOfFile: "/proc/\(envoy)/status", encoding: .utf8)
    #expect(rights.contains("CapAmb:\t0000000000000000\n"), "\(rights)")
    let open = try shell(["find", "state", "-perm", "/077", "!", "-type", "l"], in: team.folder)
    #expect(open == "", "others may use \(open)")
  }
}
