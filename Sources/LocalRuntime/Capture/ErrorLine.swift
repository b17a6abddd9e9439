import Foundation
package import Rollouts

/// One line of the capture file that holds an answer which was an error.
package struct ErrorLine: Equatable, Sendable {
  package let server: ServerKey
  package let sample: ErrorSample

  /// Reads a line; nil when it is no such line.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard let form = try? JSONDecoder().decode(Form.self, from: Data(bytes)),
      let server = ServerKey(form.server), let at = Int64(form.at), (500...999).contains(form.error)
    else { return nil }
    let body = form.body64.flatMap { Data(base64Encoded: $0) } ?? Data()
    let text = String(decoding: body.prefix(ErrorSample.longestBody), as: UTF8.self)
    self.server = server
    sample = ErrorSample(
      status: form.error, body: ProcessLog.printable(text), at: Instant(milliseconds: at))
  }

  /// The members that Envoy is told to write.
  private struct Form: Decodable {
    let server: String
    let at: String
    let error: Int
    let body64: String?
  }
}
