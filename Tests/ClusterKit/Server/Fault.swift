/// What goes wrong with a request, on demand.
package enum Fault: Sendable, Equatable {
  /// 429 in plain text, as a server sends it that has too much to do.
  case tooManyRequests(retryAfter: Int = 1)
  /// 500, as when etcd has no leader.
  case internalError
  /// 503 in plain text.
  case unavailable
  /// The connection ends without an answer, and nothing was done.
  case reset
  /// Everything is done, and the connection ends without an answer.
  case resetAfterwards
  /// The answer comes later.
  case delay(Duration)
}

/// What is to go wrong, and with which requests.
struct FaultPlan: Sendable {
  private struct Entry: Sendable {
    let fault: Fault
    /// How many requests are still to fail; nil for as long as the entry stands.
    var left: Int?
    /// Of a hundred requests that match; the rest pass.
    let percent: Int
    let matches: @Sendable (LoggedRequest) -> Bool
  }

  private var entries: [Entry] = []
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func add(
    _ fault: Fault, count: Int?, percent: Int,
    _ matches: @escaping @Sendable (LoggedRequest) -> Bool
  ) {
    entries.append(Entry(fault: fault, left: count, percent: percent, matches: matches))
  }

  mutating func clear() { entries = [] }

  /// The fault of this request, if it is to have one.
  mutating func next(_ request: LoggedRequest) -> Fault? {
    for index in entries.indices where entries[index].matches(request) {
      guard draw() < entries[index].percent else { continue }
      let fault = entries[index].fault
      if let left = entries[index].left {
        entries[index].left = left - 1
        if left <= 1 { entries.remove(at: index) }
      }
      return fault
    }
    return nil
  }

  /// Of 0 to 99, by SplitMix64.
  private mutating func draw() -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % 100)
  }
}

/// A request as the server saw it.
package struct LoggedRequest: Sendable {
  package let method: String
  /// As RBAC calls it; empty for what is no resource.
  package let verb: String
  package let group: String
  package let resource: String
  package let subresource: String
  package let namespace: String
  package let name: String
  package let path: String
  package let query: [String: String]
  package let contentType: String
  package let body: String
  /// As whom it was asked.
  package let account: String
  /// The status of the answer; nil when there was none.
  package internal(set) var status: Int?
}
