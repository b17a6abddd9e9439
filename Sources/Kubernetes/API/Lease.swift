import Encoding
import Foundation

/// A lease of the coordination API: who holds something, and until when if nothing is heard of the holder.
package struct Lease: ClusterObject {
  package struct Spec: Equatable, Sendable, Codable {
    /// nil or "" when nobody holds it.
    package var holderIdentity: String?
    package var leaseDurationSeconds: Int?
    package var acquireTime: String?
    package var renewTime: String?
    /// How often it went to another holder.
    package var leaseTransitions: Int?
  }

  package var metadata: ObjectMeta
  package var spec: Spec?

  package init(_ metadata: ObjectMeta, _ spec: Spec) {
    self.metadata = metadata
    self.spec = spec
  }

  var holder: String? { spec?.holderIdentity.flatMap { $0.isEmpty ? nil : $0 } }

  var json: JSONValue {
    var spec: [String: JSONValue] = [:]
    spec["holderIdentity"] = .string(holder ?? "")
    spec["leaseDurationSeconds"] = self.spec?.leaseDurationSeconds.map(JSONValue.number)
    spec["acquireTime"] = self.spec?.acquireTime.map(JSONValue.string)
    spec["renewTime"] = self.spec?.renewTime.map(JSONValue.string)
    spec["leaseTransitions"] = self.spec?.leaseTransitions.map(JSONValue.number)
    var about: [String: JSONValue] = ["name": .string(metadata.name)]
    about["annotations"] = metadata.annotations.map { .object($0.mapValues(JSONValue.string)) }
    about["resourceVersion"] = metadata.resourceVersion.map(JSONValue.string)
    return [
      "apiVersion": .string(ResourceType.leases.apiVersion),
      "kind": .string(ResourceType.leases.kind), "metadata": .object(about), "spec": .object(spec),
    ]
  }
}

// The object says only who holds it. Whoever takes it must know that those before it were holders, too: they have
// lost what they had with it.
extension Lease {
  static let holdersKey = "serin.dev/holders"
  private static let mostHolders = 16

  /// Those who hold or held it, oldest first; what somebody else wrote there is bounded.
  var holders: [String] {
    let texts = metadata.annotations?[Self.holdersKey]?.split(separator: ",") ?? []
    return texts.suffix(Self.mostHolders).map(String.init)
  }

  func holders(with identity: String) -> String {
    (holders.filter { $0 != identity } + [identity]).suffix(Self.mostHolders).joined(separator: ",")
  }
}

/// A time as the coordination API takes it: with six digits behind the second, no more and no fewer.
enum MicroTime {
  static func text(_ date: Date) -> String {
    let micros = Int((date.timeIntervalSince1970 * 1_000_000).rounded(.down))
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000)
    let whole = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    let digits = String(1_000_000 + rest).dropFirst()
    return "\(whole.dropLast()).\(digits)Z"
  }
}
