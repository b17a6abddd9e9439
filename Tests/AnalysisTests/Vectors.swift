import Foundation

/// Reads what an independent implementation computed, from the folder `vectors`.
func readVectors<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
  let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "vectors/\(name).json")
  return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}

/// Whether two numbers agree to 1e-9, relative to `right` above 1.
func isClose(_ left: Double, _ right: Double) -> Bool {
  abs(left - right) <= 1e-9 * max(1, abs(right))
}
