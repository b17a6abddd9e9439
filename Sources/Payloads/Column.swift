import Profiles

/// One column of a profile, and how its values are counted.
struct Column {
  /// Where a value is counted, and whether it breaks the profile's contract.
  struct Hit {
    let bin: Int
    let isBad: Bool
  }

  /// How many values of a row are this column's.
  let width: Int
  /// Of its first value in a row.
  let offset: Int
  /// Of its bins among those of all columns.
  let firstBin: Int
  private let binning: Binning
  // Asked of each value: the binning's column would be handed out as a copy.
  private let isVector: Bool
  private let isCategory: Bool

  init(_ column: ProfileColumn, offset: Int, firstBin: Int) {
    binning = Binning(column)
    (self.offset, self.firstBin) = (offset, firstBin)
    isCategory = if case .category = column.kind { true } else { false }
    if case .vector(let dimension, _) = column.kind {
      (isVector, width) = (true, max(1, dimension))
    } else {
      (isVector, width) = (false, 1)
    }
  }

  var bins: Int { binning.column.bins }

  /// What a row without this column counts as.
  var missing: Hit { hit(binning.missing) }

  /// A value of the wrong type is in no bin of values.
  private func hit(_ place: Binning.Place?) -> Hit {
    Hit(bin: (place ?? binning.missing).bin, isBad: !(place?.isAllowed ?? false))
  }

  /// Returns how the value at `place` is counted.
  func hit(at place: Int, in reader: borrowing PayloadReader) -> Hit {
    if isVector { return vectorHit(at: place, in: reader) }
    switch reader.values[place] {
    case .null: return missing
    case .number(let value): return hit(binning.place(of: value))
    case .text(let text):
      return hit(binning.place(ofText: reader.texts.span.extracting(text.range)))
    case .flag(let value): return flagHit(value)
    case .misfit: return hit(nil)
    }
  }

  /// Servers make numbers of booleans where a number is expected.
  private func flagHit(_ value: Bool) -> Hit {
    if isCategory { return hit(binning.place(of: value ? "true" : "false")) }
    return hit(binning.place(of: value ? 1 : 0))
  }

  private func vectorHit(at place: Int, in reader: borrowing PayloadReader) -> Hit {
    var numbers: [Double] = []
    for index in place..<place + width {
      switch reader.values[index] {
      case .number(let value): numbers.append(value)
      case .null: return missing
      default: return hit(nil)
      }
    }
    return hit(binning.place(of: numbers))
  }
}
