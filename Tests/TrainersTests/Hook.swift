import Foundation
import TestKit

/// A small server that writes down what it is sent, and answers as its path says: a status.
struct Hook {
  /// One request as it arrived.
  struct Call: Decodable {
    let method: String
    let path: String
    let headers: [String: String]
    let body: String
  }

  let url: String
  private let folder: URL
  private let process: BackgroundProcess

  private static let program = """
    import http.server, json, sys
    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            headers = {key.lower(): value for key, value in self.headers.items()}
            with open("calls", "a") as calls:
                calls.write(json.dumps({"method": self.command, "path": self.path,
                    "headers": headers, "body": body}) + "\\n")
            parts = self.path.split("/")
            self.send_response(int(parts[2]) if parts[1] == "status" else 204)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
        do_GET = do_POST
        def log_message(self, *_): pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
    """

  init(in folder: URL) async throws {
    let port = try freePort()
    url = "http://127.0.0.1:\(port)"
    self.folder = folder
    process = try BackgroundProcess(
      ["python3", "-c", Self.program, "\(port)"], in: folder,
      output: folder.appending(path: "hook.log"))
    try await eventually { isListening(on: port) }
  }

  func stop() { _ = process.stop() }

  func calls() throws -> [Call] {
    let file = folder.appending(path: "calls")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Call.self, from: Data($0.utf8))
    }
  }
}
