import ArgumentParser
import Encoding
import LocalRuntime
import Manifests

struct DigestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest", abstract: "Print the digest of a model artifact.",
    discussion: """
      Of a file it is the SHA-256 of its bytes. Of a folder it is the SHA-256 of the list that \
      sha256sum prints of its files in the order of their paths:

        find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
      """)

  @Argument(help: "A file or a folder.") var path: String

  func run() async throws {
    do {
      print(try ArtifactDigest.digest(of: path))
    } catch {
      throw Failure(.user, "\(error)")
    }
  }
}

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of the manifests.",
    discussion: """
      Save it, and name it in the first line of a manifest, so that editors complete and check:

        # yaml-language-server: $schema=serin.schema.json
      """)

  func run() throws { print(ManifestSchema.all.indented) }
}

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version.")

  func run() { print("serin \(Version.current)") }
}
