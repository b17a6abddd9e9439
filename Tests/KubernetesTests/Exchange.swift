import Foundation

/// One exchange with a real API server (Kubernetes 1.36.2 with the definitions of KServe 0.20.0 and Gateway API 1.6.1),
/// as it was recorded.
struct Exchange: CustomStringConvertible {
  let name: String
  let method: String
  /// The path and the query.
  let target: String
  let contentType: String?
  let requestHeaders: [(name: String, value: String)]
  let requestBody: String
  let status: Int
  let headers: [(name: String, value: String)]
  let body: String

  var description: String { name }
  /// "024" of "024-isvc-ssa-conflict".
  var number: String { String(name.prefix(3)) }

  var path: Substring { target.prefix { $0 != "?" } }
  var query: Set<Substring> { Set(target.drop { $0 != "?" }.dropFirst().split(separator: "&")) }

  /// All of them, in their order.
  static let all: [Exchange] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "exchanges")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { name in
      guard let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8) else {
        return nil
      }
      return Exchange(String(name.dropLast(".http".count)), text)
    }
  }()

  /// The one with a number.
  static func number(_ number: String) -> Exchange {
    guard let exchange = all.first(where: { $0.number == number }) else {
      preconditionFailure("no exchange \(number)")
    }
    return exchange
  }

  private init?(_ name: String, _ text: String) {
    guard let cut = text.firstRange(of: "--- response"),
      let end = text[cut.upperBound...].firstIndex(of: "\n")
    else { return nil }
    let (request, requestBody) = Self.parts(text[..<cut.lowerBound])
    let (response, body) = Self.parts(text[text.index(after: end)...])
    guard let line = request.first?.split(separator: " "), line.count >= 2,
      let status = response.first?.split(separator: " "), status.count >= 2,
      let code = Int(status[1])
    else { return nil }
    self.name = name
    method = String(line[0])
    target = String(line[1])
    requestHeaders = Self.headers(request)
    contentType = requestHeaders.first { $0.name == "content-type" }?.value
    self.requestBody = requestBody
    self.status = code
    headers = Self.headers(response)
    self.body = body.components(separatedBy: "\n--- server closed")[0]
  }

  private static func parts(_ text: Substring) -> (head: [Substring], body: String) {
    let cut = text.firstRange(of: "\n\n")
    let head = text[..<(cut?.lowerBound ?? text.endIndex)]
    let body = cut.map { text[$0.upperBound...] } ?? ""
    return (head.split(separator: "\n"), String(body))
  }

  private static func headers(_ lines: [Substring]) -> [(name: String, value: String)] {
    lines.dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      return (line[..<colon].lowercased(), value)
    }
  }
}
