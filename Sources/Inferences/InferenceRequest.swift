package import HTTP

extension HTTPRequest {
  /// Makes it ask a model for one inference, in the V2 protocol.
  package mutating func infer(_ body: [UInt8], timeout: Duration) {
    method = "POST"
    headers = [(name: "content-type", value: "application/json")]
    self.body = body
    self.timeout = timeout
  }
}
