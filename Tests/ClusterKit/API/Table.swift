import Encoding
import Foundation

/// Objects as kubectl shows them: a row each, in the columns that the type's definition names.
struct Table {
  /// A column of a definition whose path is made of names alone.
  struct Column {
    let name: String
    let type: String
    /// ["status", "phase"] for ".status.phase".
    let path: [String]

    init(_ json: JSONValue) {
      name = json["name"]?.string ?? ""
      type = json["type"]?.string ?? ""
      path = (json["jsonPath"]?.string ?? "").split(separator: ".").map(String.init)
    }

    fileprivate var definition: JSONValue {
      let path = "." + path.joined(separator: ".")
      return Table.definition(
        name, type, "Custom resource definition column (in JSONPath format): \(path)")
    }
  }

  let columns: [Column]
  /// What time it is, as the API writes it.
  let now: String

  func json(_ objects: [JSONValue], metadata: JSONValue) -> JSONValue {
    let name = Self.definition("Name", "string", "Name must be unique within a namespace.", "name")
    return [
      "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
      "columnDefinitions": .array([name] + columns.map(\.definition)),
      "rows": .array(objects.map(row)),
    ]
  }

  private static func definition(
    _ name: String, _ type: String, _ description: String, _ format: String = ""
  ) -> JSONValue {
    [
      "name": .string(name), "type": .string(type), "format": .string(format),
      "description": .string(description), "priority": 0,
    ]
  }

  private func row(_ object: JSONValue) -> JSONValue {
    [
      "cells": .array([.string(object.name)] + columns.map { cell($0, of: object) }),
      "object": Presentation.metadata(of: object),
    ]
  }

  private func cell(_ column: Column, of object: JSONValue) -> JSONValue {
    guard let value = object[at: column.path[...]] else { return .null }
    guard column.type == "date" else { return value }
    return .string(Self.age(from: value.string ?? "", to: now))
  }

  /// How long ago it was, in the two largest units at most.
  static func age(from start: String, to end: String) -> String {
    guard let start = try? Date(start, strategy: .iso8601),
      let end = try? Date(end, strategy: .iso8601)
    else { return "<unknown>" }
    let seconds = max(0, Int(end.timeIntervalSince(start)))
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400)
    func two(_ large: String, _ rest: Int, _ small: String) -> String {
      rest == 0 ? large : "\(large)\(rest)\(small)"
    }
    return switch seconds {
    case ..<120: "\(seconds)s"
    case ..<600: two("\(minutes)m", seconds % 60, "s")
    case ..<10_800: "\(minutes)m"
    case ..<28_800: two("\(hours)h", minutes % 60, "m")
    case ..<172_800: "\(hours)h"
    case ..<691_200: two("\(days)d", hours % 24, "h")
    default: "\(days)d"
    }
  }
}
