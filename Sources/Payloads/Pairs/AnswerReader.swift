/// What an answer says, output by output, whatever the model: no profile is needed to read it.
///
/// ```
/// {"outputs": [{"name": "scores", "shape": [2, 3], "data": [1, 2, 3, 4, 5, 6]}]}   V2, and as [[1, 2, 3], …]
/// {"predictions": [[1, 2, 3], [4, 5, 6]]}                                      V1: one output, `predictions`
/// {"predictions": [{"label": "cat", "score": 0.9}, …]}                     V1: an output for each member of a row
/// ```
///
/// NaN and the infinities are numbers, as Python writes them. What no tensor holds is kept as it was written.
struct AnswerReader {
  struct Name: Hashable {
    let text: String
    /// Of rows by member; nil for an output that has all rows.
    var row: Int?
  }

  struct Output {
    let shape: [Int]
    let values: Range<Int>
  }

  enum Value {
    case null
    case flag(Bool)
    case number(Double)
    case text(PayloadScanner.Text)
    /// An object, and where it stands in the body.
    case other(Range<Int>)
  }

  /// Far more than rows by member have in a batch.
  static let mostOutputs = 1 << 16

  private(set) var outputs: [Name: Output] = [:]
  private(set) var values: [Value] = []
  private(set) var body: [UInt8] = []
  private var scanner = PayloadScanner()

  var texts: [UInt8] { scanner.texts }

  /// Reads a body, and returns whether that is possible; what it holds stands until the next one is read, or
  /// `release`.
  mutating func reads(_ body: [UInt8]) -> Bool {
    do throws(PayloadError) {
      try read(body)
      return true
    } catch {
      return false
    }
  }

  private mutating func read(_ body: [UInt8]) throws(PayloadError) {
    self.body = body
    startAgain()
    try scanner.begin(body)
    try expect(.object)
    try scanner.open()
    var isFound = false
    while let key = try scanner.key() {
      if try member(key) { isFound = true }
    }
    try scanner.end()
    if !isFound { throw scanner.failure(.noTensors) }
  }

  /// Lets go of the body, and of memory that only a large one needed.
  mutating func release() {
    scanner.release()
    body = []
    outputs = [:]
    if values.capacity > Self.keptValues { values = [] }
  }

  private static let keptValues = 1 << 14

  /// Roughly the bytes that one takes when it is full.
  static var memory: Int {
    PayloadReader.mostValues * 2 * MemoryLayout<Value>.stride
      + mostOutputs * 2 * (MemoryLayout<Name>.stride + MemoryLayout<Output>.stride)
  }

  private mutating func startAgain() {
    outputs.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }

  /// Returns whether the member holds the outputs.
  private mutating func member(_ key: PayloadScanner.Text) throws(PayloadError) -> Bool {
    if scanner.matches(key, "outputs") {
      try readTensors()
      return true
    }
    if scanner.matches(key, "predictions") {
      try readRows()
      return true
    }
    if scanner.matches(key, "raw_output_contents") { throw scanner.failure(.binary) }
    try scanner.skip()
    return false
  }

  private mutating func expect(_ kind: PayloadScanner.Kind) throws(PayloadError) {
    guard try peek() == kind else { throw scanner.failure(.noTensors) }
  }

  /// Adds an output of the values that were read last; two of one name would hide one another.
  private mutating func add(_ name: Name, _ shape: [Int], from start: Int) throws(PayloadError) {
    if outputs.count == Self.mostOutputs { throw scanner.failure(.tooManyValues) }
    let output = Output(shape: shape, values: start..<values.count)
    if outputs.updateValue(output, forKey: name) != nil { throw scanner.failure(.noTensors) }
  }
}

// Values.

extension AnswerReader {
  private mutating func peek() throws(PayloadError) -> PayloadScanner.Kind {
    do throws(PayloadError) {
      return try scanner.peek()
    } catch {
      if error.kind == .notFinite { return .number }
      throw error
    }
  }

  private mutating func value() throws(PayloadError) -> Value {
    switch try peek() {
    case .number: return .number(try scanner.anyNumber())
    case .text: return .text(try scanner.text())
    case .yes:
      try scanner.literal("true")
      return .flag(true)
    case .no:
      try scanner.literal("false")
      return .flag(false)
    case .null:
      try scanner.literal("null")
      return .null
    case .object, .list: return .other(try scanner.extent())
    }
  }

  /// Reads a list, and all lists in it, or a single value; returns how long the lists are, which at each
  /// depth have to be equally long.
  private mutating func leaves() throws(PayloadError) -> [Int] {
    guard try peek() == .list else {
      if values.count == PayloadReader.mostValues { throw scanner.failure(.tooManyValues) }
      values.append(try value())
      return []
    }
    var (count, inner): (Int, [Int]?) = (0, nil)
    try scanner.open()
    while try scanner.item() {
      let shape = try leaves()
      if inner ?? shape != shape { throw scanner.failure(.wrongShape) }
      inner = shape
      count += 1
    }
    return [count] + (inner ?? [])
  }
}

// V2.

extension AnswerReader {
  private mutating func readTensors() throws(PayloadError) {
    startAgain()
    try expect(.list)
    try scanner.open()
    while try scanner.item() {
      try expect(.object)
      try readTensor()
    }
  }

  private mutating func readTensor() throws(PayloadError) {
    var (name, shape): (PayloadScanner.Text?, [Int]?) = (nil, nil)
    let start = values.count
    try scanner.open()
    while let key = try scanner.key() {
      if scanner.matches(key, "name") {
        try expect(.text)
        name = try scanner.text()
      } else if scanner.matches(key, "shape") {
        shape = try dimensions()
      } else if scanner.matches(key, "data") {
        values.removeLast(values.count - start)
        _ = try leaves()
      } else {
        try scanner.skip()
      }
    }
    guard let name, let shape, Self.size(shape) == values.count - start else {
      throw scanner.failure(.wrongShape)
    }
    try add(Name(text: string(name)), shape, from: start)
  }

  private func string(_ text: PayloadScanner.Text) -> String {
    String(decoding: texts[text.range], as: UTF8.self)
  }

  private mutating func dimensions() throws(PayloadError) -> [Int] {
    try expect(.list)
    var dimensions: [Int] = []
    try scanner.open()
    while try scanner.item() {
      guard dimensions.count < PayloadScanner.deepest, try peek() == .number,
        let dimension = Int(exactly: try scanner.number()), dimension >= 0
      else { throw scanner.failure(.wrongShape) }
      dimensions.append(dimension)
    }
    return dimensions
  }

  /// How many values there are in all; nil when no memory holds so many.
  private static func size(_ shape: [Int]) -> Int? {
    var size = 1
    for dimension in shape {
      let (product, isTooLarge) = size.multipliedReportingOverflow(by: dimension)
      if isTooLarge { return nil }
      size = product
    }
    return size
  }
}

// V1.

extension AnswerReader {
  private mutating func readRows() throws(PayloadError) {
    startAgain()
    try expect(.list)
    var (rows, each): (Int, [Int]?) = (0, nil)
    try scanner.open()
    while try scanner.item() {
      let shape = try peek() == .object ? readRow(rows) : leaves()
      if each ?? shape != shape { throw scanner.failure(.wrongShape) }
      each = shape
      rows += 1
    }
    // The numbers of V1 stand for a row each. Of rows by member only their number is left to add.
    let shape = [rows] + (each == [] ? [1] : each ?? [])
    try add(Name(text: "predictions"), shape, from: values.count - (Self.size(shape) ?? 0))
  }

  /// Reads a row by member, and returns the shape of what is left of it.
  private mutating func readRow(_ row: Int) throws(PayloadError) -> [Int] {
    try scanner.open()
    while let key = try scanner.key() {
      let name = Name(text: string(key), row: row)
      let start = values.count
      try add(name, try leaves(), from: start)
    }
    return [0]
  }
}
