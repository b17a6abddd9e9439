import Control
import Rollouts

/// Which values of what names a slice are told apart, since slices of this candidate are counted.
///
/// A value that has come `enough` times becomes a slice, while there is room; until then its requests are
/// among all others. So values that come once, as ids do, take no room from those that come again. The table of what
/// came less often is bounded: when it is full, all in it are forgotten once (Misra and Gries 1982).
struct SeenSlices {
  /// What one value takes at most that may become a slice, in bytes.
  static let size = 4 * (MemoryLayout<String>.stride + MemoryLayout<Int>.stride) + 96

  /// How often a value comes before it is told apart.
  static let enough = 3

  let plan: SlicePlan
  /// How many values may wait to become a slice.
  private var most: Int
  private var places: [String: Int] = [:]
  private var waiting: [String: Int] = [:]
  private(set) var names: [String] = []

  init(_ plan: SlicePlan, most: Int) { (self.plan, self.most) = (plan, max(1, most)) }

  mutating func limit(_ most: Int) {
    self.most = max(1, most)
    if waiting.count > self.most { waiting = [:] }
  }

  /// Returns the place of a value: from 1 when it is told apart, 0 for all others.
  mutating func place(of value: String) -> Int {
    if let place = places[value] { return place }
    guard names.count < plan.slices.worst, Slices.isName(value) else { return 0 }
    guard count(value) >= Self.enough else { return 0 }
    waiting[value] = nil
    names.append(value)
    places[value] = names.count
    if names.count == plan.slices.worst { waiting = [:] }
    return names.count
  }

  /// Returns how often a value that waits has come.
  private mutating func count(_ value: String) -> Int {
    if waiting[value] == nil, waiting.count >= most {
      waiting = waiting.compactMapValues { $0 > 1 ? $0 - 1 : nil }
      guard waiting.count < most else { return 1 }
    }
    waiting[value, default: 0] += 1
    return waiting[value] ?? 1
  }

  /// What was counted of one revision, as the check takes it.
  func counts(_ rows: [SliceRow]) -> SlicedCounts? {
    guard let shape = SlicedCounts.Shape(names: names, edges: plan.edges) else { return nil }
    let empty = SliceRow(edges: plan.edges.count)
    let integers = (0...names.count).flatMap {
      ($0 < rows.count ? rows[$0] : empty).integers
    }
    return SlicedCounts(shape: shape, integers: integers)
  }
}

/// What was counted of one slice of one revision's requests.
struct SliceRow {
  private(set) var integers: [Int]

  init(edges: Int) { integers = Array(repeating: 0, count: edges + 3) }

  mutating func add(_ answer: PayloadEvent.Sliced, _ edges: [Int]) {
    integers[0] += 1
    if answer.isError { integers[1] += 1 }
    guard let took = answer.milliseconds else { return }
    integers[2 + (edges.firstIndex { took < $0 } ?? edges.count)] += 1
  }
}
