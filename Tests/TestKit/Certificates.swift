package import Foundation

/// A certificate authority of a test's own, and a server certificate for 127.0.0.1 and localhost.
package struct Certificates: Sendable {
  package let authority: URL
  package let certificate: URL
  package let key: URL

  /// Makes both in `folder` with openssl; P-256, because RSA keys take seconds to find.
  package init(in folder: URL) throws {
    authority = folder.appending(path: "ca.pem")
    certificate = folder.appending(path: "server.pem")
    key = folder.appending(path: "server.key")
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try shell(
      ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=Serin test CA", "-keyout", "ca.key"]
        + ["-out", authority.path] + curve, in: folder)
    try shell(
      ["openssl", "req", "-subj", "/CN=localhost", "-keyout", key.path, "-out", "server.csr"]
        + curve, in: folder)
    try "subjectAltName=IP:127.0.0.1,DNS:localhost\n".write(
      to: folder.appending(path: "san.cnf"), atomically: true, encoding: .utf8)
    try shell(
      ["openssl", "x509", "-req", "-in", "server.csr", "-CA", authority.path, "-CAkey", "ca.key"]
        + ["-CAcreateserial", "-days", "2", "-extfile", "san.cnf", "-out", certificate.path],
      in: folder)
  }
}
