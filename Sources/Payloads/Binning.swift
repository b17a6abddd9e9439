import Profiles

/// Which bin of a column a value hits.
struct Binning {
  /// With that of missing values, which is the last.
  let bins: Int
  private let edges: [Double]
  private let categories: NameTable
  /// The bins of categories that are whole numbers.
  private let wholes: [Int: Int]

  init(_ column: ProfileColumn) {
    bins = column.bins
    edges = column.kind.edges ?? []
    guard case .category(let values) = column.kind else {
      (categories, wholes) = (NameTable([]), [:])
      return
    }
    categories = NameTable(values)
    let numbers = values.enumerated().compactMap { bin, text in Int(text).map { ($0, bin) } }
    wholes = Dictionary(numbers) { first, _ in first }
  }

  var missing: Int { bins - 1 }
  private var others: Int { bins - 2 }

  /// Returns the bin of a number, a length or a norm: how many edges are not above it.
  func bin(of value: Double) -> Int {
    var (low, high) = (0, edges.count)
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func bin(ofCategory bytes: [UInt8], _ range: Range<Int>) -> Int {
    categories.find(bytes, range) ?? others
  }

  func bin(ofCategory number: Int) -> Int { wholes[number] ?? others }
}
