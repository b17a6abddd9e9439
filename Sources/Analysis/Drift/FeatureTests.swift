/// The evidence on a list of features: whether anything moved, and what.
///
/// With `DriftTest` for a rollout or a bake, with `DriftDetector` for what serves alone.
package struct FeatureTests<Evidence: FeatureEvidence>: Equatable, Sendable, Codable {
  package private(set) var features: [Evidence]

  /// - Parameters:
  ///   - settings: How the tests are made.
  ///   - bins: How many bins each feature has.
  package init(_ settings: ObjectiveTest.Settings = .standard, bins: [Int]) {
    features = bins.map { Evidence(settings, bins: $0) }
  }

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - looks: What was counted of each feature, in their order.
  ///   - references: What each is compared with.
  package mutating func look(_ looks: [BinArms], against references: [DriftReference]) {
    for (index, (look, reference)) in zip(features.indices, zip(looks, references)) {
      features[index].look(look, against: reference)
    }
  }

  /// The logarithm of the evidence that any feature moved: the one number that gates.
  ///
  /// The average is valid however the features depend on each other.
  package var logE: Double {
    var mean = LogMean()
    for feature in features { mean.add(feature.logE) }
    return mean.logE
  }

  /// Returns the features that moved, of which a share of at most `rate` did not, on average.
  ///
  /// By e-Benjamini-Hochberg. It informs: it names features long before all of them together are
  /// enough to act on.
  package func moved(rate: Double) -> [MovedFeature] {
    discoveries(among: features.map(\.logE), rate: rate).compactMap { index in
      features[index].strongest.map {
        MovedFeature(
          feature: index, shift: $0, logE: features[index].logE,
          looksSinceChange: features[index].looksSinceChange)
      }
    }
  }
}

extension FeatureTests<DriftTest> {
  /// Begins a step in all of them: as `DriftTest.beginStep`.
  package mutating func beginStep(_ references: [DriftReference], spreadOver spread: Int = 0) {
    for (index, reference) in zip(features.indices, references) {
      features[index].beginStep(reference, spreadOver: spread)
    }
  }
}

/// Which feature moved, how, and since when.
package struct MovedFeature: Equatable, Sendable {
  /// Its place in the list.
  package let feature: Int
  /// The bin that moved most clearly.
  package let shift: BinShift
  /// The logarithm of the evidence.
  package let logE: Double
  /// How many looks ago it began to move, by the best guess.
  package let looksSinceChange: Int
}
