package import Foundation

/// git over https as a company would serve it: nginx, a CA of its own, a password.
package struct HTTPSServer: Sendable {
  package let port: Int
  package let authority: String
  private let nginx: Nginx
  private let wrapper: BackgroundProcess

  package static let user = "serin"
  package static let password = "correct-horse"

  /// Serves every bare repository in `folder`.
  package init(in folder: URL) async throws {
    let certificates = try Certificates(in: folder)
    authority = certificates.authority.path
    port = try freePort()
    let socket = folder.appending(path: "fcgi.sock").path
    wrapper = try BackgroundProcess(
      ["/usr/sbin/fcgiwrap", "-c", "2", "-s", "unix:\(socket)"],
      output: folder.appending(path: "fcgiwrap.out"))
    try await eventually { FileManager.default.fileExists(atPath: socket) }
    let hash = try shell(["openssl", "passwd", "-apr1", Self.password])
    try "\(Self.user):\(hash)".write(
      to: folder.appending(path: "htpasswd"), atomically: true, encoding: .utf8)
    nginx = try await Nginx(
      servers: Self.configuration(port, certificates, folder, socket), waitingFor: port, in: folder)
  }

  private static func configuration(
    _ port: Int, _ certificates: Certificates, _ folder: URL, _ socket: String
  ) -> String {
    """
    server {
      listen 127.0.0.1:\(port) ssl;
      ssl_certificate \(certificates.certificate.path);
      ssl_certificate_key \(certificates.key.path);
      location /page { default_type text/html; return 200 "<html></html>"; }
      location /moved { return 301 https://other.example.org$request_uri; }
      location /broken { return 503; }
      location /token/ {
        if ($http_authorization != "Bearer t0ken") { return 401; }
        rewrite ^/token(/.*)$ /open$1 last;
      }
      location /open/ { internal; \(backend(folder, socket, "/open")) }
      location / {
        auth_basic git; auth_basic_user_file \(folder.path)/htpasswd;
        \(backend(folder, socket, ""))
      }
    }
    """
  }

  private static func backend(_ folder: URL, _ socket: String, _ prefix: String) -> String {
    """
    if ($uri ~ ^\(prefix)(/.*)$) { set $repository $1; }
    fastcgi_pass unix:\(socket);
    fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
    fastcgi_param GIT_PROJECT_ROOT \(folder.path);
    fastcgi_param GIT_HTTP_EXPORT_ALL 1;
    fastcgi_param GIT_CONFIG_NOSYSTEM 1;
    fastcgi_param GIT_CONFIG_GLOBAL /dev/null;
    fastcgi_param PATH_INFO $repository;
    fastcgi_param QUERY_STRING $query_string;
    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param CONTENT_TYPE $content_type;
    fastcgi_param CONTENT_LENGTH $content_length;
    fastcgi_param REMOTE_USER serin;
    """
  }

  /// Ends the processes; called by the test, which waits for them.
  package func stop() { wrapper.stop() }
}
