package import Profiles

/// Judges the predictions of a table by its labels, as live ones are judged.
package struct TestCounter: Sendable {
  private let outputs: [ProfileColumn]
  private let labelName: String
  private let loss: Loss
  private var found: Set<String> = []
  /// Of the row that is being read: the scores of its classes, or its one prediction, and its label.
  private var scores: [Double?] = []
  private var prediction: Loss.Answer?
  private var label: Loss.Answer?
  /// In millionths, and of differences in the unit of the output.
  private var wrong = 0
  private var difference = 0.0
  /// The rows that had both a prediction and a label.
  package private(set) var rows = 0

  /// - Parameters:
  ///   - outputs: The columns of the predictions.
  ///   - label: The column that says what was right.
  package init(outputs: [ProfileColumn], label: String) {
    loss = Loss(outputs)
    // Only scores of classes are several.
    self.outputs = loss.scores == nil ? Array(outputs.prefix(1)) : outputs
    labelName = label
    scores = Array(repeating: nil, count: loss.scores ?? 0)
  }

  /// The columns that are needed and that the table does not have.
  package var absentColumns: [String] {
    (outputs.map(\.name) + [labelName]).filter { !found.contains($0) }
  }

  /// Returns the result; nil when no row could be judged.
  package var result: TestResult? {
    guard let measure = loss.measure, rows > 0 else { return nil }
    let value =
      measure == .meanAbsoluteError
      ? sixDigits(difference / Double(rows))
      : (Double(wrong) / Double(rows)).rounded() / Double(Loss.most)
    return TestResult(measure, value, rows: rows)
  }
}

extension TestCounter: CellSink {
  private var labelColumn: Int { outputs.count }

  mutating func open(_ name: String) -> Int? {
    found.insert(name)
    return name == labelName ? labelColumn : outputs.firstIndex { $0.name == name }
  }

  func readsNumbers(in column: Int) -> Bool {
    switch loss.measure {
    case .brierScore, .meanAbsoluteError: true
    case .errorRate: column != labelColumn && outputs[column].kind.isNumber
    case nil: false
    }
  }

  mutating func take(_ number: Double, in column: Int) throws(CellProblem) {
    if column == labelColumn {
      try takeLabel(loss.label(number), "\(number)")
    } else if loss.scores != nil {
      scores[column] = number
    } else {
      prediction = loss.prediction(number)
    }
  }

  mutating func take(_ text: Span<UInt8>, in column: Int) throws(CellProblem) {
    if column == labelColumn {
      try takeLabel(loss.label(text), shown(text))
    } else if let answer = loss.prediction(text) {
      prediction = answer
    } else {
      throw CellProblem(message: "found \(shown(text)), where a number was expected")
    }
  }

  mutating func take(_ vector: [Double], in column: Int) throws(CellProblem) {
    guard column != labelColumn, case .vector(vector.count, _) = outputs[column].kind else {
      throw CellProblem(message: "found a list of \(vector.count) numbers, which was not expected")
    }
    scores = vector
  }

  private mutating func takeLabel(_ answer: Loss.Answer?, _ text: String) throws(CellProblem) {
    guard let answer else {
      throw CellProblem(
        message:
          "found \(text), which is no label of \(outputs.map(\.name).joined(separator: ", "))",
        hint: loss.hint)
    }
    label = answer
  }

  mutating func endRow() {
    if loss.scores != nil, !scores.contains(nil) {
      prediction = loss.prediction(scores.lazy.compactMap(\.self))
    }
    if let prediction, let label { judge(prediction, label) }
    (prediction, label) = (nil, nil)
    for index in scores.indices { scores[index] = nil }
  }

  private mutating func judge(_ prediction: Loss.Answer, _ label: Loss.Answer) {
    rows += 1
    wrong += loss.wrong(prediction, label: label)
    if case (.number(let predicted), .number(let right)) = (prediction, label) {
      difference += abs(predicted - right)
    }
  }
}

extension TestCounter: RowTaking {
  package mutating func take(
    _ bytes: Span<UInt8>, isLast: Bool, from reader: inout TableReader
  ) throws(TableProblem) -> Int { try reader.read(bytes, isLast: isLast, into: &self) }
}

extension Loss {
  /// What a label should be, where that is not plain.
  fileprivate var hint: String? {
    switch measure {
    case .brierScore: "the output is a probability, so that a label is 0 or 1"
    case .errorRate where scores != nil: "it is the index of a class, from 0, or its column's name"
    case .errorRate, .meanAbsoluteError, nil: nil
    }
  }
}

/// A mean to six digits: more would say more than a test set knows.
private func sixDigits(_ value: Double) -> Double {
  guard value > 0, value < 1e6 else { return value.rounded() }
  var scale = 1.0
  while value * scale < 1e5, scale < 1e15 { scale *= 10 }
  return (value * scale).rounded() / scale
}

extension ProfileColumn.Kind {
  fileprivate var isNumber: Bool { if case .number = self { true } else { false } }
}
