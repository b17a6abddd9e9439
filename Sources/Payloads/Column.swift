import Profiles

/// One column of a profile, and how its values are counted.
struct Column {
  /// Where a value is counted, and whether it breaks the profile's contract.
  struct Hit: Equatable {
    let bin: Int
    let isBad: Bool
  }

  private enum Rule { case number, category, text, vector }

  let binning: Binning
  /// How many values of a row are this column's.
  let width: Int
  /// Of its first value in a row.
  let offset: Int
  /// Of its bins among those of all columns.
  let firstBin: Int
  private let rule: Rule
  private let range: ValueRange?
  private let isOptional: Bool

  init(_ column: ProfileColumn, offset: Int, firstBin: Int) {
    binning = Binning(column)
    (range, isOptional) = (column.range, column.isOptional)
    (self.offset, self.firstBin) = (offset, firstBin)
    switch column.kind {
    case .number: (rule, width) = (.number, 1)
    case .category: (rule, width) = (.category, 1)
    case .text: (rule, width) = (.text, 1)
    case .vector(let dimension, _): (rule, width) = (.vector, max(1, dimension))
    }
  }

  /// What a row without this column counts as.
  var missing: Hit { Hit(bin: binning.missing, isBad: !isOptional) }

  /// A value of the wrong type is in no bin of values.
  private var misfit: Hit { Hit(bin: binning.missing, isBad: true) }

  /// Returns how the value at `place` is counted.
  func hit(at place: Int, in reader: borrowing PayloadReader) -> Hit {
    if rule == .vector { return vectorHit(at: place, in: reader) }
    switch (rule, reader.values[place]) {
    case (_, .null): return missing
    case (.number, .number(let value)): return measured(value)
    case (.number, .flag(let value)): return measured(value ? 1 : 0)
    case (.text, .text(let text)): return measured(Self.length(reader.texts, text.range))
    case (.category, .text(let text)):
      return Hit(bin: binning.bin(ofCategory: reader.texts, text.range), isBad: false)
    case (.category, .number(let value)):
      guard let whole = Int(exactly: value) else { return misfit }
      return Hit(bin: binning.bin(ofCategory: whole), isBad: false)
    case (.category, .flag(let value)):
      let word = Array((value ? "true" : "false").utf8)
      return Hit(bin: binning.bin(ofCategory: word, word.indices), isBad: false)
    default: return misfit
    }
  }

  private func vectorHit(at place: Int, in reader: borrowing PayloadReader) -> Hit {
    var sum = 0.0
    for index in place..<place + width {
      switch reader.values[index] {
      case .number(let value): sum += value * value
      case .null: return missing
      default: return misfit
      }
    }
    return measured(sum.squareRoot())
  }

  private func measured(_ value: Double) -> Hit {
    Hit(bin: binning.bin(of: value), isBad: !(range?.contains(value) ?? true))
  }

  /// In characters as Unicode numbers them: every byte of UTF-8 that does not continue one.
  private static func length(_ bytes: [UInt8], _ range: Range<Int>) -> Double {
    Double(range.count { bytes[$0] & 0xC0 != 0x80 })
  }
}
