import Foundation
import TestKit
import Testing

@testable import serin

/// What hack/package makes of two programs: small ones that stand in for Serin's, or those of `SERIN_TEST_PROGRAMS`.
///
/// A stand-in loads the libraries that Serin loads and has the symbols by which a bill is made, so that nothing is built
/// for minutes to see how it is packed.
@Suite(
  .serialized, .timeLimit(.minutes(3)),
  .enabled(if: Installation.isInstalled("dpkg-shlibdeps"), "dpkg-dev is not installed"))
struct PackageTests {
  private static let package = "serin_\(Version.current)_"
  private static let programs = ["serin", "serin-relay"]

  /// Packed twice, with other rights for new files, it is the same to the last byte.
  @Test(.temporaryFolder) func theSameProgramsGiveTheSameBytes() async throws {
    let folder = try await Self.folderOfPrograms()
    let one = try await Self.pack(folder, into: "one")
    let other = try await Self.pack(folder, into: "other", umask: "077")
    let names = try FileManager.default.contentsOfDirectory(atPath: one.path).sorted()
    #expect(names.count == 3, "\(names)")
    for name in names {
      let bytes = try [one, other].map { try Data(contentsOf: $0.appending(path: name)) }
      #expect(bytes[0] == bytes[1], "\(name)")
    }
    try await Self.run(["sha256sum", "--check", "SHA256SUMS"], in: one)
  }

  /// Debian learns what it needs to know, everything is root's and nobody else's to change, and what it unpacks runs.
  @Test(.temporaryFolder) func debianInstallsIt() async throws {
    let (file, root) = (
      try await Self.debianPackage(), TemporaryFolder.current.appending(path: "r")
    )
    let told = try await elsewhere {
      try ["Package", "Version", "Maintainer", "Depends", "Recommends"].map {
        try shell(["dpkg-deb", "--field", file.path, $0]).trimmingCharacters(in: .newlines)
      }
    }
    #expect(told[0...2] == ["serin", Version.current, "Serin <serin@localhost>"])
    for library in ["libc6 (>= ", "libcurl", "libgit2", "libyaml", "ca-certificates"] {
      #expect(told[3].contains(library), "\(told[3])")
    }
    #expect(told[4] == "bubblewrap")
    try await Self.run(["dpkg-deb", "--raw-extract", file.path, root.path])
    for program in Self.programs {
      let path = root.appending(path: "usr/bin/\(program)").path
      let version = try await Self.run([path, "--version"])
      #expect(version == "\(Version.current)\n")
    }
    let script = root.appending(path: "DEBIAN/postinst").path
    try await Self.run(["sh", "-n", script])
    #expect(FileManager.default.isExecutableFile(atPath: script))
  }

  @Test(.temporaryFolder) func everythingIsRootsAndInItsPlace() async throws {
    let file = try await Self.debianPackage()
    let listed = try await Self.run(["dpkg-deb", "--contents", file.path])
    var rights: [String: String] = [:]
    for line in listed.split(separator: "\n") {
      let columns = line.split(separator: " ", maxSplits: 5).map(String.init)
      #expect(columns[1] == "root/root", "\(line)")
      rights[columns[5]] = columns[0]
    }
    #expect(
      Set(rights.values).isSubset(of: ["drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"]), "\(rights)")
    for program in Self.programs { #expect(rights["./usr/bin/\(program)"] == "-rwxr-xr-x") }
    for path in [
      "lib/systemd/system/serin.service", "lib/sysusers.d/serin.conf",
      "share/serin/sbom.cdx.json", "share/doc/serin/README.md",
      "share/doc/serin/examples/controller.yaml", "share/doc/serin/docs/operating.md",
      "share/doc/serin/manifests/prometheus/serin.rules.yaml",
    ] {
      #expect(rights["./usr/\(path)"] == "-rw-r--r--", "\(path)")
    }
  }

  /// The unit starts the program where the package puts it, and the bill is one that hack/sbom would make.
  @Test(.temporaryFolder) func whatBelongsToItFits() async throws {
    let (file, root) = (
      try await Self.debianPackage(), TemporaryFolder.current.appending(path: "r")
    )
    try await Self.run(["dpkg-deb", "--extract", file.path, root.path])
    let unit = try String(
      contentsOf: root.appending(path: "usr/lib/systemd/system/serin.service"), encoding: .utf8)
    let started = unit.firstMatch(of: /(?m)^ExecStart=(\S+)/).map { String($0.output.1) }
    #expect(started == "/usr/bin/serin")
    #expect(!unit.contains("/usr/local"))
    let (sbom, bill) = (
      Installation.root.appending(path: "hack/sbom").path,
      root.appending(path: "usr/share/serin/sbom.cdx.json").path
    )
    try await Self.run(["python3", sbom, "--check", bill])
  }

  /// The tarball has the programs, for any distribution, under one folder that says what it is.
  @Test(.temporaryFolder) func theTarballHasIt() async throws {
    let folder = try await Self.pack(try await Self.folderOfPrograms(), into: "out")
    let tar = try #require(Self.file(in: folder) { $0.hasSuffix(".tar.gz") })
    let listed = try await Self.run(["tar", "-tvzf", tar.path, "--numeric-owner"])
    let lines = listed.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.allSatisfy { $0[1] == "0/0" })
    let top = tar.lastPathComponent.replacing(".tar.gz", with: "")
    #expect(top.hasPrefix("serin-\(Version.current)-linux-"))
    #expect(lines.allSatisfy { $0[5].hasPrefix("\(top)/") })
    for path in ["bin/serin", "bin/serin-relay", "sbom.cdx.json", "README.md"] {
      #expect(lines.contains { $0[5] == "\(top)/\(path)" }, "\(path)")
    }
  }

  /// A build for developers, which runs only where Swift is, is not packed.
  @Test(.temporaryFolder) func aBuildThatNeedsSwiftIsRefused() async throws {
    let debug = URL(filePath: builtProgram("serin")).deletingLastPathComponent()
    let failure = await #expect(throws: ProcessFailure.self) {
      _ = try await Self.pack(debug, into: "out")
    }
    #expect(failure?.description.contains("needs Swift's libraries") == true)
  }

  /// The image takes that package, and starts the program that is in it as a user who is not root.
  @Test func theImageFitsThePackage() throws {
    let text = try String(
      contentsOf: Installation.root.appending(path: "Containerfile"), encoding: .utf8)
    let words = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    func last(_ instruction: String) -> String? { words.last { $0.first == instruction }?.last }
    #expect(last("USER")?.wholeMatch(of: /[1-9]\d*:[1-9]\d*/) != nil)
    #expect(last("ENTRYPOINT") == #"["/usr/bin/serin"]"#)
    #expect(words.contains(["ARG", "PACKAGE=\(Self.package)amd64.deb"]))
    #expect(!words.contains { ["COPY", "ADD"].contains($0.first) }, "its context is the package")
  }

  // MARK: Programs

  private static func debianPackage() async throws -> URL {
    let folder = try await pack(try await folderOfPrograms(), into: "out")
    return try #require(file(in: folder) { $0.hasPrefix(package) && $0.hasSuffix(".deb") })
  }

  private static func file(in folder: URL, _ isIt: (String) -> Bool) -> URL? {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return names?.first(where: isIt).map { folder.appending(path: $0) }
  }

  /// Packs the programs of a folder, and returns the folder with the packages.
  private static func pack(
    _ programs: URL, into name: String, umask: String = "022"
  ) async throws -> URL {
    let out = TemporaryFolder.current.appending(path: name)
    let script = Installation.root.appending(path: "hack/package").path
    try await run([
      "bash", "-c", "umask \(umask); exec \"$@\"", "pack", script, "--from", programs.path,
      out.path,
    ])
    return out
  }

  @discardableResult
  private static func run(_ command: [String], in folder: URL? = nil) async throws -> String {
    try await elsewhere { try shell(command, in: folder) }
  }

  private static func folderOfPrograms() async throws -> URL {
    if let given = ProcessInfo.processInfo.environment["SERIN_TEST_PROGRAMS"] {
      return URL(filePath: given)
    }
    let folder = TemporaryFolder.current.appending(path: "programs")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(standIn.utf8).write(to: folder.appending(path: "program.c"))
    for program in programs {
      try await run(
        [
          "clang", "program.c", "-o", program, "-DVERSION=\"\(Version.current)\"", "-lgit2",
          "-lcurl", "-lyaml",
        ], in: folder)
    }
    return folder
  }

  /// Says its version, calls each of the libraries, and has the symbols of the packages without which no bill is right.
  private static let standIn = """
    #include <stdio.h>
    #include <string.h>
    int git_libgit2_version(int *, int *, int *);
    char *curl_version(void);
    const char *yaml_get_version_string(void);
    void nio(void) __asm__("$s7NIOCore4mockyyF");
    void crypto(void) __asm__("$s6Crypto4mockyyF");
    void logging(void) __asm__("$s7Logging4mockyyF");
    void hummingbird(void) __asm__("$s15HummingbirdCore4mockyyF");
    void nio(void) {}
    void crypto(void) {}
    void logging(void) {}
    void hummingbird(void) {}
    int main(int count, char **arguments) {
      int parts[3];
      if (count == 2 && !strcmp(arguments[1], "--version")) return puts(VERSION) < 0;
      git_libgit2_version(parts, parts + 1, parts + 2);
      return printf("%d %s %s\\n", parts[0], curl_version(), yaml_get_version_string()) < 0;
    }

    """
}
