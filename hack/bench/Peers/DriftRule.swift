package import Analysis

/// A rule that watches features, or predictions, and may raise an alarm because they moved.
package protocol DriftRule: Sendable {
  /// Takes one look of every feature into account, and returns whether there is an alarm.
  mutating func alarms(after look: [BinArms]) -> Bool
}

/// What was seen before anything could move, in chunks as it came: the first index is the feature.
package struct History: Sendable {
  package let chunks: [[BinCounts]]

  package init(chunks: [[BinCounts]]) { self.chunks = chunks }

  /// Everything that was seen of each feature.
  package var totals: [BinCounts] { chunks.map { $0.reduce(.none, +) } }
}
