import Encoding
import Foundation
import HTTP

/// Where the API of a cluster is, and as whom it is asked.
package struct ClusterAccess: Sendable {
  /// "https://host:port", without a slash at the end.
  package let server: String
  /// The namespace that is meant where none is named.
  package let namespace: String
  /// The certificates to trust; nil for the machine's.
  let authority: Material?
  let credentials: Credentials
  /// A proxy's URL; nil takes it from the environment.
  let proxy: String?

  package init(
    server: String, namespace: String = "default", authority: Material? = nil,
    credentials: Credentials = .none, proxy: String? = nil
  ) {
    self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
    self.namespace = namespace
    self.authority = authority
    self.credentials = credentials
    self.proxy = proxy
  }

  /// Whether the API is on this machine, as that of a cluster for tests: its pods may be, too.
  package var isOnThisMachine: Bool { HTTPRequest(server).isLoopback }

  /// How a client says who it is.
  package enum Credentials: Sendable {
    case none
    case token(Material)
    case certificate(Material, key: Material)
  }

  /// Bytes that are given, or lie in a file that may be replaced: a service account's token lives for an hour.
  package enum Material: Sendable, Equatable {
    case bytes([UInt8])
    case file(String)

    /// The largest bundle of certificates is far smaller, in bytes.
    static let largest = 4 << 20

    /// Reads the file anew each time.
    package func read() throws(AccessError) -> [UInt8] {
      switch self {
      case .bytes(let bytes): return bytes
      case .file(let path):
        guard let handle = FileHandle(forReadingAtPath: path),
          let data = try? handle.read(upToCount: Self.largest), !data.isEmpty
        else { throw AccessError(path, "it cannot be read, or it is empty") }
        return Array(data)
      }
    }
  }

  /// Adds what a request needs to be believed.
  func authorize(_ request: inout HTTPRequest) throws(AccessError) {
    request.proxy = proxy
    request.authority = try authority?.read()
    switch credentials {
    case .none: break
    case .token(let token):
      request.authorize(bearer: try Self.word(token))
    case .certificate(let certificate, let key):
      request.identity = HTTPRequest.Identity(
        certificate: try certificate.read(), key: try key.read())
    }
  }

  /// A token without the line break that ends its file.
  private static func word(_ material: Material) throws(AccessError) -> String {
    let text = String(decoding: try material.read(), as: UTF8.self)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// Why a cluster cannot be asked: in which file, what is wrong, and what to do about it.
package struct AccessError: Error, Equatable, CustomStringConvertible {
  package let place: String
  package let message: String
  package let hint: String?

  package var description: String { "\(place): \(message)" }

  init(_ place: String, _ message: String, hint: String? = nil) {
    self.place = place
    self.message = message
    self.hint = hint
  }
}
