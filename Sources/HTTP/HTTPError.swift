import CCurl
import Foundation

/// A request that got no complete answer: what was asked, and what libcurl said about it.
///
/// An answer with a status like 404 is an answer, not an error.
package struct HTTPError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Equatable, Sendable {
    /// A limit of the request ran out: connecting, the whole exchange, or silence.
    case timeout
    /// The server's certificate is not to be trusted.
    case certificate
    /// The host could not be resolved or reached, or the connection broke.
    case connection
    /// The request itself cannot be sent.
    case refused
    /// The answer is larger than the caller accepts.
    case tooLarge
    case other
  }

  package let kind: Kind
  /// "GET https://host/path": without user, password and query, which may hold secrets.
  package let operation: String
  package let message: String

  package var isTimeout: Bool { kind == .timeout }
  package var description: String { "http: \(operation): \(message)" }

  package init(kind: Kind, operation: String, message: String) {
    self.kind = kind
    self.operation = operation
    self.message = Self.withoutUserInfo(message)
  }

  package init(operation: String, message: String, isTimeout: Bool = false) {
    self.init(kind: isTimeout ? .timeout : .other, operation: operation, message: message)
  }
}

extension HTTPError {
  init(code: CURLcode, operation: String, text: String) {
    let general = String(cString: curl_easy_strerror(code))
    self.init(
      kind: Kind(code), operation: operation,
      message: text.isEmpty ? general : text)
  }

  /// Returns `text` with the user and password of every URL in it left out.
  ///
  /// libcurl quotes a proxy's URL in some of its messages.
  private static func withoutUserInfo(_ text: String) -> String {
    text.replacing(/:\/\/[^\s\/?#]*@/, with: "://")
  }
}

extension HTTPError.Kind {
  init(_ code: CURLcode) {
    switch code {
    case CURLE_OPERATION_TIMEDOUT: self = .timeout
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_INVALIDCERTSTATUS:
      self = .certificate
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
      CURLE_SSL_CONNECT_ERROR, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
      CURLE_PARTIAL_FILE:
      self = .connection
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .refused
    default: self = .other
    }
  }
}
