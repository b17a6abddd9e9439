/// The outlines of lines and areas, with a gap wherever something cannot be drawn.
enum Path {
  /// Returns the path of a line through `spots`; nil is a gap.
  static func line(_ spots: [Spot?]) -> String {
    runs(spots).map { run in
      // The second point of a lone one makes a dot of it.
      outline(run.count == 1 ? run + run : thinned(run))
    }.joined()
  }

  /// Returns the path of the area between pairs of spots; nil is a gap, and a lone pair makes a bar.
  static func area(_ ends: [(Spot, Spot)?]) -> String {
    zip(runs(ends.map { $0?.0 }), runs(ends.map { $0?.1 })).map { lower, upper in
      outline(edge(lower) + edge(upper).reversed()) + "Z"
    }.joined()
  }

  private static func edge(_ run: [Spot]) -> [Spot] {
    run.count == 1 ? [-4, 4].map { run[0].moved(right: $0) } : thinned(run)
  }

  /// Returns the path through all of `spots`.
  static func outline(_ spots: [Spot]) -> String {
    spots.enumerated().map { index, spot in
      (index == 0 ? "M" : "L") + Drawing.number(spot.x) + " " + Drawing.number(spot.y)
    }.joined()
  }

  private static func runs(_ spots: [Spot?]) -> [[Spot]] {
    spots.split(separator: nil).map { $0.compactMap { $0 } }
  }

  /// Keeps of every column of pixels the first, the lowest, the highest and the last spot.
  ///
  /// The line looks the same, and the picture of a day's looks is as small as that of an hour's.
  private static func thinned(_ spots: [Spot]) -> [Spot] {
    var (kept, column) = ([Spot](), [Spot]())
    for spot in spots {
      if let first = column.first, first.x.rounded(.down) != spot.x.rounded(.down) {
        kept += extremes(of: column)
        column = []
      }
      column.append(spot)
    }
    return kept + extremes(of: column)
  }

  private static func extremes(of column: [Spot]) -> [Spot] {
    guard column.count > 4 else { return column }
    let order = column.indices
    let places = [
      order.first, order.min { column[$0].y < column[$1].y },
      order.max { column[$0].y < column[$1].y }, order.last,
    ].compactMap { $0 }
    return places.sorted().map { column[$0] }
  }
}
