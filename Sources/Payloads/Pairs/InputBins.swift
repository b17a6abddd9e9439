/// The bins of all features that one request is in, each named once however many rows hit it.
///
/// Its memory serves again for the next request: a bin that was hit carries the number of that request.
struct InputBins {
  private(set) var hits: [Int] = []
  private var stamps: [Int] = []
  private var stamp = 0

  mutating func begin(bins: Int) {
    hits.removeAll(keepingCapacity: true)
    if stamps.count < bins { stamps += Array(repeating: 0, count: bins - stamps.count) }
    stamp += 1
  }

  mutating func hit(_ bin: Int) {
    guard stamps[bin] != stamp else { return }
    stamps[bin] = stamp
    hits.append(bin)
  }
}

extension Columns {
  /// Notes which bins the rows of a request are in.
  func note(_ places: ColumnPlaces, in reader: borrowing PayloadReader, into bins: inout InputBins)
  {
    for (column, place) in zip(all, places.places) {
      for row in 0..<places.rows {
        let hit =
          place.map { column.hit(at: $0.start + row * $0.stride, in: reader) } ?? column.missing
        bins.hit(column.firstBin + hit.bin)
      }
    }
  }
}
