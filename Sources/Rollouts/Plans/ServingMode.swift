/// How a model is used.
package enum ServingMode: String, Sendable, Codable {
  /// It answers requests.
  case online
  /// Jobs read it: each finds out before its run which version it is to use, and keeps it for the run.
  case batch
}
