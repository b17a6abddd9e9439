import Foundation
import TestKit

/// One nginx for a test: http, https with a CA of its own, and a unix socket, over one folder.
struct WebServer: Sendable {
  let http: String
  let https: String
  let socket: String
  let authority: String
  private let nginx: Nginx

  /// 8 MiB: far more than a client may hold back, and quick to compare.
  static let bigBody = [UInt8](unsafeUninitializedCapacity: 8 << 20) { buffer, count in
    for index in 0..<8 << 20 { buffer[index] = UInt8(truncatingIfNeeded: index &* 31 >> 3) }
    count = 8 << 20
  }

  init(in folder: URL) async throws {
    let certificates = try Certificates(in: folder)
    let (plain, secure) = (try freePort(), try freePort())
    let root = folder.appending(path: "www")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    try Data("hello\n".utf8).write(to: root.appending(path: "hello.txt"))
    try Data(Self.bigBody).write(to: root.appending(path: "big.bin"))
    socket = folder.appending(path: "web.sock").path
    nginx = try await Nginx(
      servers: """
          server {
            listen 127.0.0.1:\(plain); listen 127.0.0.1:\(secure) ssl http2; listen unix:\(socket);
            ssl_certificate \(certificates.certificate.path);
            ssl_certificate_key \(certificates.key.path);
            root \(root.path);
            location = /near { return 302 /hello.txt; }
            location = /far { return 302 http://localhost:\(plain)/hello.txt; }
            location = /round { return 302 /round; }
            location = /slow { limit_rate 1k; alias \(root.path)/big.bin; }
            location = /secret {
              if ($http_authorization = "") { return 401; }
              return 200 "$http_authorization";
            }
            location = /echo { return 200 "$request_method $http_x_word $content_length"; }
          }
        """, waitingFor: plain, in: folder)
    http = "http://127.0.0.1:\(plain)"
    https = "https://127.0.0.1:\(secure)"
    authority = certificates.authority.path
  }
}
