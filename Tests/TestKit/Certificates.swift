package import Foundation

/// A certificate authority of a test's own, and a server certificate for 127.0.0.1 and localhost.
package struct Certificates: Sendable {
  package let authority: URL
  package let certificate: URL
  package let key: URL
  private let folder: URL

  /// What openssl is told of a new key: P-256, because RSA keys take seconds to find.
  private static let curve = [
    "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
  ]

  /// Makes both in `folder` with openssl.
  package init(in folder: URL) throws {
    self.folder = folder
    authority = folder.appending(path: "ca.pem")
    certificate = folder.appending(path: "server.pem")
    key = folder.appending(path: "server.key")
    try shell(
      ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=Serin test CA", "-keyout", "ca.key"]
        + ["-out", authority.path] + Self.curve, in: folder)
    try sign("server", "localhost", with: "subjectAltName=IP:127.0.0.1,DNS:localhost\n")
  }

  /// Makes the certificate and the key by which a client says who it is, `NAME.pem` and `NAME.key`.
  package func makeClient(_ name: String) throws -> (certificate: URL, key: URL) {
    try sign(name, name, with: "extendedKeyUsage=clientAuth\n")
    return (folder.appending(path: "\(name).pem"), folder.appending(path: "\(name).key"))
  }

  private func sign(_ file: String, _ name: String, with extensions: String) throws {
    try shell(
      ["openssl", "req", "-subj", "/CN=\(name)", "-keyout", "\(file).key", "-out", "\(file).csr"]
        + Self.curve, in: folder)
    try extensions.write(
      to: folder.appending(path: "\(file).cnf"), atomically: true, encoding: .utf8)
    try shell(
      ["openssl", "x509", "-req", "-in", "\(file).csr", "-CA", authority.path, "-CAkey", "ca.key"]
        + ["-CAcreateserial", "-days", "2", "-extfile", "\(file).cnf", "-out", "\(file).pem"],
      in: folder)
  }
}
