import Encoding
package import Foundation
import Kubernetes
package import Rollouts

extension PodReading {
  /// How its containers have ended by themselves; nil when none has, or it does not say when.
  var crash: Crash? {
    guard let ends,
      let at = ends.last["finishedAt"]?.string.flatMap(Instant.init(rfc3339:))
    else { return nil }
    return Crash(
      count: ends.count, at: at, exitCode: ends.last["exitCode"]?.integer,
      signal: ends.last["signal"]?.integer,
      isOutOfMemory: ends.last["reason"]?.string == "OOMKilled",
      detail: ends.last["message"]?.string?.inOneLine)
  }
}

extension Instant {
  /// The moment as the API's clients have it.
  package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

  /// Reads a moment as the API of a cluster writes it: "2026-11-30T04:05:06Z".
  init?(rfc3339 text: String) {
    guard let date = try? Date(text, strategy: .iso8601) else { return nil }
    self.init(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
  }
}
