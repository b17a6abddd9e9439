import Foundation
import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// Whatever is recorded is the same value, and the same object, with Foundation's coders and ours.
@Suite struct RecordCodingTests {
  private static let changes = SmallLedger.changes()
  private static let files = changes.flatMap(\.files)

  @Test func decisions() throws {
    let records = Self.files.filter { LedgerPaths.parseRecord($0.key) != nil }
    #expect(records.count == Self.changes.count - 1, "every change but the epoch is a decision")
    for (_, bytes) in records { try Self.compare(bytes, as: Record.self) }
  }

  @Test func epochs() throws {
    let epochs = Self.files.filter { LedgerPaths.parseEpoch($0.key) != nil }
    #expect(epochs.count == 1, "one life of one controller")
    for (_, bytes) in epochs { try Self.compare(bytes, as: Epoch.self) }
  }

  /// The states of the tests, and the manifests among the looks.
  @Test func replays() throws {
    var (states, deployments) = (0, 0)
    for (_, bytes) in Self.files {
      guard let file = try? JSONValue(file: bytes) else { continue }
      let replay = file["replay"] ?? file
      for state in [replay["start"], replay["state"]] {
        guard let state, state != .null else { continue }
        try Self.compare(state.file, as: Rollout.self)
        states += 1
      }
      guard case .array(let looks)? = replay["looks"] else { continue }
      for case .object(let deployment)? in looks.map({ $0["desired"] }) {
        try Self.compare(JSONValue.object(deployment).file, as: Deployment.self)
        deployments += 1
      }
    }
    // The ledger is the same at each call.
    #expect((states, deployments) == (4, 3))
  }

  private static func compare<Value: Codable & Equatable>(
    _ bytes: [UInt8], as type: Value.Type
  ) throws {
    let value = try JSONDecoder().decode(type, from: Data(bytes))
    let json = try JSONValue(file: bytes)
    #expect(try json.decoded(as: type) == value)
    let encoded = try JSONValue(encoding: value)
    let text = try JSONEncoder().encode(value)
    #expect(try encoded == JSONDecoder().decode(JSONValue.self, from: text))
  }
}
