/// The tensors of a request or an answer, read from the bytes of one body after the other.
///
/// ```
/// {"inputs": [{"name": "x", "shape": [2, 3], "data": [1, 2, 3, 4, 5, 6]}]}   V2, and as [[1, 2, 3], …]
/// {"instances": [[1, 2, 3], [4, 5, 6]]}                                      V1, rows as lists
/// {"instances": [{"age": 41, "city": "Bonn"}, …]}                            V1, rows by column
/// ```
///
/// All values lie behind one another in `values`, row after row. A key that comes twice counts the last
/// time: so do the readers of the model servers.
struct PayloadReader {
  enum Side { case request, response }

  /// Of one body: a quarter of a million, at 16 bytes each.
  static let mostValues = 1 << 18

  enum Value {
    case null
    case flag(Bool)
    case number(Double)
    case text(PayloadScanner.Text)
    /// Something that no column can hold: an object, or a list of the wrong length.
    case misfit
  }

  /// A table: its rows are the first dimension, its columns are all others.
  struct Tensor {
    var name: PayloadScanner.Text?
    var rows = 0
    var width = 0
    /// Its first value.
    var start = 0
  }

  private(set) var values: [Value] = []
  private(set) var tensors: [Tensor] = []
  var scanner = PayloadScanner()

  var texts: [UInt8] { scanner.texts }

  /// Reads a body; what it holds stands until the next one is read, or `release`.
  ///
  /// The members of V1's rows are looked up among the names of `columns`.
  mutating func read(
    _ body: [UInt8], _ side: Side, _ columns: Columns
  ) throws(PayloadError) {
    startAgain()
    try scanner.begin(body)
    guard try scanner.peek() == .object else { throw scanner.failure(.noTensors) }
    try scanner.open()
    var isFound = false
    while let key = try scanner.key() {
      if try member(key, side, columns) { isFound = true }
    }
    try scanner.end()
    if !isFound { throw scanner.failure(.noTensors) }
  }

  /// Lets go of the body, and of memory that only a large one needed.
  mutating func release() {
    scanner.release()
    if values.capacity > Self.keptValues { values = [] }
    if tensors.capacity > Self.keptValues { tensors = [] }
  }

  private static let keptValues = 1 << 14

  /// Returns whether the member holds the tensors.
  private mutating func member(
    _ key: PayloadScanner.Text, _ side: Side, _ columns: Columns
  ) throws(PayloadError) -> Bool {
    if scanner.matches(key, side == .request ? "inputs" : "outputs") {
      try readTensors()
      return true
    }
    if scanner.matches(key, side == .request ? "instances" : "predictions") {
      try readRows(columns)
      return true
    }
    let isRaw = scanner.matches(key, "raw_input_contents")
    if isRaw || scanner.matches(key, "raw_output_contents") { throw scanner.failure(.binary) }
    try scanner.skip()
    return false
  }

  private mutating func startAgain() {
    values.removeAll(keepingCapacity: true)
    tensors.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ value: Value) throws(PayloadError) {
    if values.count == Self.mostValues { throw scanner.failure(.tooManyValues) }
    values.append(value)
  }
}

// Values.

extension PayloadReader {
  /// Reads what comes next as one value.
  private mutating func value() throws(PayloadError) -> Value {
    switch try scanner.peek() {
    case .number: return .number(try scanner.number())
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
    case .object, .list:
      try scanner.skip()
      return .misfit
    }
  }

  /// Reads a list, and all lists in it, or a single value; returns how many values that are.
  private mutating func leaves() throws(PayloadError) -> Int {
    guard try scanner.peek() == .list else {
      try append(try value())
      return 1
    }
    let start = values.count
    try scanner.open()
    var each: Int?
    while try scanner.item() {
      let count = try leaves()
      if each ?? count != count { throw scanner.failure(.wrongShape) }
      each = count
    }
    return values.count - start
  }
}

// V2.

extension PayloadReader {
  private mutating func readTensors() throws(PayloadError) {
    startAgain()
    guard try scanner.peek() == .list else { throw scanner.failure(.noTensors) }
    try scanner.open()
    while try scanner.item() {
      guard try scanner.peek() == .object else { throw scanner.failure(.noTensors) }
      if tensors.count == Self.mostValues { throw scanner.failure(.tooManyValues) }
      tensors.append(try tensor())
    }
  }

  private mutating func tensor() throws(PayloadError) -> Tensor {
    var tensor = Tensor()
    var (isShaped, count) = (false, -1)
    try scanner.open()
    while let key = try scanner.key() {
      if scanner.matches(key, "name") {
        guard try scanner.peek() == .text else { throw scanner.failure(.noTensors) }
        tensor.name = try scanner.text()
      } else if scanner.matches(key, "shape") {
        (tensor.rows, tensor.width) = try shape()
        isShaped = true
      } else if scanner.matches(key, "data") {
        guard try scanner.peek() == .list else { throw scanner.failure(.wrongShape) }
        tensor.start = values.count
        count = try leaves()
      } else if scanner.matches(key, "parameters") {
        try refuseBinary()
      } else {
        try scanner.skip()
      }
    }
    let (size, isTooLarge) = tensor.rows.multipliedReportingOverflow(by: tensor.width)
    guard isShaped, !isTooLarge, size == count else { throw scanner.failure(.wrongShape) }
    return tensor
  }

  /// Reads a list of dimensions; no dimensions are a single value.
  private mutating func shape() throws(PayloadError) -> (rows: Int, width: Int) {
    guard try scanner.peek() == .list else { throw scanner.failure(.wrongShape) }
    var (rows, width) = (1, 1)
    var isFirst = true
    try scanner.open()
    while try scanner.item() {
      guard try scanner.peek() == .number, let dimension = Int(exactly: try scanner.number()),
        dimension >= 0
      else { throw scanner.failure(.wrongShape) }
      let (product, isTooLarge) = width.multipliedReportingOverflow(by: dimension)
      if !isFirst && isTooLarge { throw scanner.failure(.wrongShape) }
      if isFirst { rows = dimension } else { width = product }
      isFirst = false
    }
    return (rows, width)
  }

  private mutating func refuseBinary() throws(PayloadError) {
    guard try scanner.peek() == .object else { return try scanner.skip() }
    try scanner.open()
    while let key = try scanner.key() {
      if scanner.matches(key, "binary_data_size") { throw scanner.failure(.binary) }
      try scanner.skip()
    }
  }
}

// V1.

extension PayloadReader {
  private mutating func readRows(_ columns: Columns) throws(PayloadError) {
    startAgain()
    guard try scanner.peek() == .list else { throw scanner.failure(.noTensors) }
    var table = Tensor(rows: 0, width: columns.width)
    try scanner.open()
    while try scanner.item() {
      let isNamed = try scanner.peek() == .object
      let width = try isNamed ? row(columns) : leaves()
      if table.rows > 0, width != table.width { throw scanner.failure(.wrongShape) }
      table.width = width
      table.rows += 1
    }
    tensors = [table]
  }

  /// Reads a row whose members have the columns' names, and lays it out in the columns' order.
  private mutating func row(_ columns: Columns) throws(PayloadError) -> Int {
    let start = values.count
    for _ in 0..<columns.width { try append(.null) }
    try scanner.open()
    while let key = try scanner.key() {
      if let found = columns.index(of: scanner.texts.span.extracting(key.range)) {
        try fill(columns.all[found], from: start)
      } else {
        try scanner.skip()
      }
    }
    return columns.width
  }

  private mutating func fill(_ column: Column, from row: Int) throws(PayloadError) {
    let place = row + column.offset
    guard column.width > 1, try scanner.peek() == .list else {
      let value = try value()
      for index in place..<place + column.width { values[index] = value }
      return
    }
    let start = values.count
    let count = try leaves()
    for index in 0..<column.width {
      values[place + index] = count == column.width ? values[start + index] : .misfit
    }
    values.removeLast(count)
  }
}
