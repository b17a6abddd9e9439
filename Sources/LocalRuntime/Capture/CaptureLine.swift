package import Control
import Foundation
package import Rollouts

/// One line of the capture file.
package struct CaptureLine {
  /// The longest id that a label can name, in bytes; UUIDs have 36.
  package static let longestID = 256

  /// nil when nobody answered, or when the id is too long to be named.
  package let event: PayloadEvent?
  /// Whose event has an id that is too long.
  package let unnamed: DeploymentName?
  /// How many the thread that wrote this one did not write before, because its lease had no room.
  package let missed: Int

  /// Reads a line.
  ///
  /// - Throws: when it is not what Envoy writes.
  package init(_ bytes: ArraySlice<UInt8>) throws {
    let form = try JSONDecoder().decode(Form.self, from: Data(bytes))
    guard let server = ServerKey(form.server), let at = Int64(form.at) else { throw Unreadable() }
    let (wasAnswered, isNamed) = (form.status > 0, form.id.utf8.count <= Self.longestID)
    missed = max(0, form.missed)
    unnamed = wasAnswered && !isNamed ? server.deployment : nil
    guard wasAnswered, isNamed else {
      event = nil
      return
    }
    event = PayloadEvent(
      deployment: server.deployment, revision: server.revision, requestID: form.id,
      at: Instant(milliseconds: at), request: try Form.body(form.request, form.request64),
      response: try Form.body(form.response, form.response64), status: form.status,
      entity: try Form.entity(form.entity64), sliced: try form.sliced)
  }
}

private struct Unreadable: Error {}

/// The members that Envoy is told to write.
private struct Form: Decodable {
  let server: String
  let at: String
  let status: Int
  let id: String
  let missed: Int
  let entity64: String?
  let slice64: String?
  /// Left out, like the flags, in lines of an Envoy that was started before there were slices.
  let took: Int?
  let flags: String?
  let request: String?
  let request64: String?
  let response: String?
  let response64: String?

  static func body(_ text: String?, _ base64: String?) throws -> [UInt8]? {
    guard let base64 else { return text.map { Array($0.utf8) } }
    return try bytes(base64)
  }

  /// Who could not be named in feedback, which is UTF-8, is no entity.
  static func entity(_ base64: String?) throws -> String? {
    guard let base64 else { return nil }
    return String(validating: try bytes(base64), as: UTF8.self)
  }

  /// nil when no slices are counted; a copy is in none.
  var sliced: PayloadEvent.Sliced? {
    get throws {
      guard let slice64 else { return nil }
      let value = String(validating: try Self.bytes(slice64), as: UTF8.self) ?? ""
      let flags = Set((flags ?? "").split(separator: ","))
      return PayloadEvent.Sliced(
        value: value, isError: status >= 500 || !flags.isDisjoint(with: Self.brokenOff),
        milliseconds: took.map { max(0, $0) } ?? (flags.contains("UT") ? .max : nil))
    }
  }

  /// What Envoy says of an answer that its server did not end: the connection was closed or reset, it timed
  /// out, or it was no HTTP.
  private static let brokenOff: Set<Substring> = ["UC", "UR", "UT", "UPE"]

  private static func bytes(_ base64: String) throws -> [UInt8] {
    guard let data = Data(base64Encoded: base64) else { throw Unreadable() }
    return Array(data)
  }
}
