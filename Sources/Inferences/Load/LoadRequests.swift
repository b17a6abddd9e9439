import Analysis
import Foundation
package import Profiles
import Randomness
package import Rollouts

/// Makes the requests of a load test: a form that the model takes, filled with values that are drawn.
///
/// The form is a V2 request: the smoke request, or what a server says of its inputs. Its tensors are matched with
/// the columns of the profile as captured requests are: one table as wide as the profile by position, otherwise
/// tensors by name, otherwise all of them by position.
package struct LoadRequests {
  /// Different requests, which are sent in turn: a server that keeps answers cannot answer from that alone.
  package static let most = 256
  /// What all of them may have together.
  private static let mostBytes = 16 << 20
  /// The values of one request; a wider one is sent as it is written.
  ///
  /// A text counts as often as it may be long beside a number: rows and lengths are a manifest's to choose, and together
  /// they must not fill the controller's memory.
  private static let mostValues = 100_000
  /// Makes the requests of every load test the same for one profile and form.
  private static let seed: UInt64 = 1

  private var body: [String: Any]
  private var inputs: [[String: Any]]
  private let draws: [ColumnDraw]
  private let places: [Place]
  private var random = SplitMix64(seed: seed)

  /// Which columns one tensor has, in the order of its values in a row.
  private struct Place {
    let tensor: Int
    let rows: Int
    let columns: [Int]
  }

  /// Makes the bodies of the requests.
  ///
  /// - Parameters:
  ///   - form: The body of a V2 request; nil makes one tensor of each column.
  ///   - features: What is drawn; the form itself is the only request when none of them is found in it.
  /// - Returns: 256 at most; none when there is neither a form nor a column that can be drawn.
  package static func bodies(form: String?, features: [ProfileColumn]) -> [[UInt8]] {
    guard var requests = LoadRequests(form: form, features: features) else {
      return form.map { [Array($0.utf8)] } ?? []
    }
    var bodies: [[UInt8]] = []
    var bytes = 0
    while bodies.count < most, bytes < mostBytes, let next = requests.next() {
      bodies.append(next)
      bytes += next.count
    }
    return bodies
  }

  /// Makes the bodies of a load test, on no actor's time.
  @concurrent
  package static func bodies(form: String?, for test: LoadTest) async -> [[UInt8]] {
    bodies(form: form, features: test.features ?? [])
  }

  /// Reads the form; nil when nothing can be drawn into it.
  private init?(form: String?, features: [ProfileColumn]) {
    draws = features.map(ColumnDraw.init)
    let written = form.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) }
    body = written as? [String: Any] ?? [:]
    inputs = form == nil ? features.map(Self.tensor) : body["inputs"] as? [[String: Any]] ?? []
    places = Self.places(of: features, in: inputs)
    guard (1...Self.mostValues).contains(values) else { return nil }
  }

  private var values: Int {
    places.reduce(0) { sum, place in
      let width = place.columns.reduce(0) {
        $0 + draws[$1].column.width.multiplied(saturating: draws[$1].worth)
      }
      return sum.adding(saturating: width.multiplied(saturating: place.rows))
    }
  }

  private mutating func next() -> [UInt8]? {
    for place in places {
      let type = inputs[place.tensor]["datatype"] as? String ?? ""
      var data: [Any] = []
      for _ in 0..<place.rows {
        for column in place.columns {
          data += Self.values(draws[column].value(using: &random), draws[column].column, as: type)
        }
      }
      inputs[place.tensor]["data"] = data
    }
    body["inputs"] = inputs
    return (try? JSONSerialization.data(withJSONObject: body, options: .sortedKeys)).map(Array.init)
  }
}

// The form.
extension LoadRequests {
  /// A tensor for one column, of one row.
  private static func tensor(for column: ProfileColumn) -> [String: Any] {
    let type =
      switch column.kind {
      case .number, .vector: "FP64"
      case .text: "BYTES"
      case .category(let values): values.allSatisfy { Int($0) != nil } ? "INT64" : "BYTES"
      }
    return ["name": column.name, "datatype": type, "shape": [1, column.width]]
  }

  private static func places(
    of features: [ProfileColumn], in inputs: [[String: Any]]
  ) -> [Place] {
    let shapes = inputs.map(shape)
    let all = Array(features.indices)
    let width = features.reduce(0) { $0 + $1.width }
    if shapes.count == 1, shapes[0].width == width {
      return [Place(tensor: 0, rows: shapes[0].rows, columns: all)]
    }
    let numbers = Dictionary(zip(features.map(\.name), all)) { first, _ in first }
    let named = inputs.indices.compactMap { tensor -> Place? in
      guard let name = inputs[tensor]["name"] as? String, let column = numbers[name],
        features[column].width == shapes[tensor].width
      else { return nil }
      return Place(tensor: tensor, rows: shapes[tensor].rows, columns: [column])
    }
    return named.isEmpty ? placesByPosition(of: features, in: shapes) : named
  }

  private static func placesByPosition(
    of features: [ProfileColumn], in shapes: [(rows: Int, width: Int)]
  ) -> [Place] {
    var next = 0
    var places: [Place] = []
    for (tensor, shape) in shapes.enumerated() {
      let first = next
      var width = 0
      while width < shape.width, next < features.count {
        width += features[next].width
        next += 1
      }
      guard width == shape.width else { return [] }
      places.append(Place(tensor: tensor, rows: shape.rows, columns: Array(first..<next)))
    }
    return next == features.count ? places : []
  }

  /// The first dimension are the rows, and all others together the columns; (0, 0) is no shape.
  private static func shape(of input: [String: Any]) -> (rows: Int, width: Int) {
    guard let shape = input["shape"] as? [Int], shape.allSatisfy({ $0 >= 0 }) else { return (0, 0) }
    return (shape.first ?? 1, shape.dropFirst().reduce(1) { $0.multiplied(saturating: $1) })
  }
}

// The values.
extension LoadRequests {
  /// Returns the values of a column for one row as a tensor of this type has them.
  private static func values(
    _ drawn: ColumnDraw.Value?, _ column: ProfileColumn, as type: String
  ) -> [Any] {
    switch drawn {
    case .number(let number): [value(number, as: type)]
    case .text(let text): [value(text, as: type)]
    case .numbers(let numbers): numbers.map { value($0, as: type) }
    case nil: Array(repeating: type == "BYTES" ? "" : value(0, as: type), count: column.width)
    }
  }

  private static func value(_ number: Double, as type: String) -> Any {
    switch type {
    case "BOOL": number >= 0.5
    case "BYTES": plain(number)
    case _ where type.hasPrefix("UINT"): max(0, whole(number))
    case _ where type.hasPrefix("INT"): whole(number)
    default: number
    }
  }

  private static func value(_ text: String, as type: String) -> Any {
    switch type {
    case "BYTES", "": text
    case "BOOL": text == "true" || text == "1"
    default: value(Double(text) ?? 0, as: type)
    }
  }

  private static func whole(_ number: Double) -> Int {
    Int(exactly: max(-0x1p53, min(0x1p53, number)).rounded(.down)) ?? 0
  }
}

extension ProfileColumn {
  /// How many values of a row it has.
  fileprivate var width: Int {
    if case .vector(let dimension, _) = kind { max(1, dimension) } else { 1 }
  }
}
