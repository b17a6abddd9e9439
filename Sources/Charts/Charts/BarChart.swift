/// Two distributions side by side: what was, as a reference, and what is.
///
/// The reference is pale with an outline and what is now is solid, so that colour is not needed.
package struct BarChart: Equatable, Sendable {
  /// One bin or category and how much fell into it, which is not negative.
  package struct Pair: Equatable, Sendable {
    package let label: String
    package let reference: Double
    package let current: Double

    package init(label: String, reference: Double, current: Double) {
      self.label = label
      self.reference = reference
      self.current = current
    }
  }

  package let title: String
  /// What the picture shows, in a sentence or two, for those who cannot see it.
  package let description: String
  /// What the values are, with their unit: "share of rows (%)".
  package let caption: String
  /// What the reference is called: "training".
  package let referenceName: String
  /// What the other one is called: "last hour".
  package let currentName: String
  package let pairs: [Pair]
  package let size: Size

  package init(
    title: String, description: String, caption: String, referenceName: String,
    currentName: String, pairs: [Pair], size: Size = .standard
  ) {
    self.title = title
    self.description = description
    self.caption = caption
    self.referenceName = referenceName
    self.currentName = currentName
    self.pairs = pairs
    self.size = size
  }
}
