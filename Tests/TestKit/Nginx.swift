package import Foundation

/// An nginx of a test's own: one worker, everything in one folder, stopped when it is let go.
package final class Nginx: Sendable {
  private let process: BackgroundProcess

  /// Starts nginx with the given `server` blocks and waits until it answers on `port`.
  package init(servers: String, waitingFor port: Int, in folder: URL) async throws {
    let configuration = """
      daemon off; pid \(folder.path)/nginx.pid; error_log \(folder.path)/error.log warn;
      user root; worker_processes 1;
      events { worker_connections 256; }
      http {
        access_log \(folder.path)/access.log;
        client_body_temp_path \(folder.path)/body; proxy_temp_path \(folder.path)/proxy;
        fastcgi_temp_path \(folder.path)/fastcgi; uwsgi_temp_path \(folder.path)/uwsgi;
        scgi_temp_path \(folder.path)/scgi;
        client_max_body_size 64m;
      \(servers)
      }
      """
    let file = folder.appending(path: "nginx.conf")
    try configuration.write(to: file, atomically: true, encoding: .utf8)
    process = try BackgroundProcess(
      ["/usr/sbin/nginx", "-p", folder.path, "-c", file.path],
      output: folder.appending(path: "nginx.out"))
    try await eventually { isListening(on: port) }
  }

  deinit { process.stop() }
}
