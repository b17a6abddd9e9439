import Profiles

/// The features or the outputs of a profile, side by side as in a table that has them all.
struct Columns {
  let all: [Column]
  /// How many values a row has: a vector's are one each.
  let width: Int
  /// How many bins all columns have together.
  let bins: Int
  private let names: ByteKeys

  init(_ profile: [ProfileColumn]) {
    var (all, width, bins): ([Column], Int, Int) = ([], 0, 0)
    for column in profile {
      let next = Column(column, offset: width, firstBin: bins)
      all.append(next)
      width += next.width
      bins += column.bins
    }
    (self.all, self.width, self.bins) = (all, width, bins)
    names = ByteKeys(profile.map(\.name))
  }

  /// Returns the number of the column with this name in UTF-8.
  func index(of name: Span<UInt8>) -> Int? { names.find(name) }

  /// Returns the bins of a row of counts, column by column.
  func split(_ counts: ArraySlice<Int>) -> [[Int]] {
    all.map { column in
      let start = counts.startIndex + column.firstBin
      return Array(counts[start..<start + column.bins])
    }
  }
}

/// Where the values of each column lie.
struct ColumnPlaces {
  struct Place {
    /// The value of the first row, and how far it is from there to the next row's.
    let start: Int
    let stride: Int
  }

  let rows: Int
  /// In the columns' order; nil for one that is missing.
  let places: [Place?]
}

extension Columns {
  /// Finds the columns in what was read.
  ///
  /// One table as wide as the profile is matched by position, whatever its name: so do the servers of
  /// scikit-learn models. Otherwise tensors are matched by name, and those of other names are ignored;
  /// when no name is known, all together by position.
  func places(in reader: borrowing PayloadReader) throws(PayloadError) -> ColumnPlaces {
    if reader.tensors.count == 1, reader.tensors[0].width == width {
      return try placesByPosition(in: reader)
    }
    if let places = try placesByName(in: reader) { return places }
    return try placesByPosition(in: reader)
  }

  private func placesByName(
    in reader: borrowing PayloadReader
  ) throws(PayloadError) -> ColumnPlaces? {
    var places = [ColumnPlaces.Place?](repeating: nil, count: all.count)
    var rows: Int?
    for tensor in reader.tensors {
      guard let name = tensor.name,
        let found = index(of: reader.texts.span.extracting(name.range))
      else { continue }
      try check(tensor, width: all[found].width, rows: rows, reader)
      rows = tensor.rows
      places[found] = ColumnPlaces.Place(start: tensor.start, stride: tensor.width)
    }
    return rows.map { ColumnPlaces(rows: $0, places: places) }
  }

  private func placesByPosition(
    in reader: borrowing PayloadReader
  ) throws(PayloadError) -> ColumnPlaces {
    var places: [ColumnPlaces.Place?] = []
    places.reserveCapacity(all.count)
    var rows: Int?
    for tensor in reader.tensors {
      var used = 0
      while used < tensor.width, places.count < all.count {
        places.append(ColumnPlaces.Place(start: tensor.start + used, stride: tensor.width))
        used += all[places.count - 1].width
      }
      try check(tensor, width: used, rows: rows, reader)
      rows = tensor.rows
    }
    guard let rows, places.count == all.count else {
      throw reader.scanner.failure(.otherColumns)
    }
    return ColumnPlaces(rows: rows, places: places)
  }

  private func check(
    _ tensor: PayloadReader.Tensor, width: Int, rows: Int?, _ reader: borrowing PayloadReader
  ) throws(PayloadError) {
    guard tensor.width == width, tensor.rows == rows ?? tensor.rows else {
      throw reader.scanner.failure(.otherColumns)
    }
  }
}
