import Encoding
import Foundation

/// What can be asked of a model of which nothing is known but what its server says of it.
package enum ModelMetadata {
  /// A million zeros in all tensors say no more than a few, and may not fit the server; a model may name any number.
  private static let mostValues = 1_000_000

  /// Makes a request of zeros for the inputs that a model says it has; nil when it names none.
  package static func madeUpRequest(_ metadata: [UInt8]) -> String? {
    guard let metadata = try? JSONDecoder().decode(Metadata.self, from: Data(metadata)),
      let inputs = metadata.inputs, !inputs.isEmpty
    else { return nil }
    var room = mostValues
    var tensors: [JSONValue] = []
    for input in inputs {
      guard let tensor = tensor(for: input, room: &room) else { return nil }
      tensors.append(tensor)
    }
    return JSONValue.object(["inputs": .array(tensors)]).canonical
  }

  /// Returns a tensor of zeros, if there is room for so many; an open dimension is one.
  private static func tensor(for input: Metadata.Tensor, room: inout Int) -> JSONValue? {
    let shape = input.shape.map { $0 < 0 ? 1 : $0 }
    var count = 1
    for size in shape {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
      guard !isTooLarge, product <= room else { return nil }
      count = product
    }
    room -= count
    let zero: JSONValue =
      switch input.datatype {
      case "BYTES": ""
      case "BOOL": false
      default: 0
      }
    return [
      "name": .string(input.name), "datatype": .string(input.datatype),
      "shape": .array(shape.map(JSONValue.number)),
      "data": .array(Array(repeating: zero, count: count)),
    ]
  }
}

/// What a server says of a model.
private struct Metadata: Decodable {
  struct Tensor: Decodable {
    let name: String
    let datatype: String
    let shape: [Int]
  }

  let inputs: [Tensor]?
}
