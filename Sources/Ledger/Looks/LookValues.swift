import Analysis
import Encoding
import Rollouts

// The parts of a look as JSON: short, and readable by whoever has nothing but the file.

extension Counts {
  /// `{"errors":0,"latency":[[250],[240,10]],"requests":250}`: the edges, then what lies below each
  /// and above all; with `samples` if there are any.
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "requests": .number(requests), "errors": .number(errors),
      "latency": [
        .array(latency.edges.map { .number($0) }), .array(latency.counts.map { .number($0) }),
      ],
    ]
    members["samples"] = samples?.json
    return .object(members)
  }

  init?(json: JSONValue) {
    let samples = json["samples"].flatMap(SampleCounts.init(json:))
    guard case .object(let members) = json, members.count == (samples == nil ? 3 : 4),
      let requests = members["requests"]?.integer, let errors = members["errors"]?.integer,
      case .array(let latency)? = members["latency"], latency.count == 2,
      let edges = latency[0].integers, let counts = latency[1].integers,
      counts.count == edges.count + 1, edges.isAscending
    else { return nil }
    self.init(
      requests: requests, errors: errors, latency: Histogram(edges: edges, counts: counts),
      samples: samples)
  }
}

extension Readiness {
  /// `"ready"`, or a list with the text: `["failed", "crash loop"]`.
  var json: JSONValue {
    switch self {
    case .absent: "absent"
    case .ready: "ready"
    case .preparing(let text): ["preparing", .string(text)]
    case .failed(let text): ["failed", .string(text)]
    }
  }

  init?(json: JSONValue) {
    switch json {
    case "absent": self = .absent
    case "ready": self = .ready
    case .array(let items) where items.count == 2:
      guard let text = items[1].string else { return nil }
      switch items[0] {
      case "preparing": self = .preparing(text)
      case "failed": self = .failed(text)
      default: return nil
      }
    default: return nil
    }
  }
}

extension Crash {
  /// A crash always encodes itself; if it did not, an audit would find the look.
  var json: JSONValue { (try? JSONValue(encoding: self)) ?? .null }

  init?(json: JSONValue) {
    guard let crash = try? json.decoded(as: Crash.self) else { return nil }
    self = crash
  }
}

extension Peer {
  /// A peer always encodes itself; if it did not, an audit would find the look.
  var json: JSONValue { (try? JSONValue(encoding: self)) ?? .null }

  init?(json: JSONValue) {
    guard let peer = try? json.decoded(as: Peer.self) else { return nil }
    self = peer
  }
}

extension Desired {
  /// `"removed"`, `"unchanged"`, or the deployment.
  ///
  /// A deployment always encodes itself. If it did not, the look could not be read again, which an
  /// audit finds; a rollback must not wait for that.
  var json: JSONValue {
    switch self {
    case .removed: "removed"
    case .unchanged: "unchanged"
    case .deployment(let deployment): (try? JSONValue(encoding: deployment)) ?? .null
    }
  }

  init?(json: JSONValue) {
    switch json {
    case "removed": self = .removed
    case "unchanged": self = .unchanged
    default:
      guard let deployment = try? json.decoded(as: Deployment.self) else { return nil }
      self = .deployment(deployment)
    }
  }
}
