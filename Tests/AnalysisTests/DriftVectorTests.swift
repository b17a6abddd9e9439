import Analysis
import Testing

/// Drift against vectors that an independent implementation computed, and partly SciPy.
@Suite struct DriftVectorTests {
  struct Vectors: Decodable {
    struct Binned: Decodable {
      let name: String
      let current, reference: [Int]
      let psi_pseudo_half, js_distance_base2, tvd, linf, hellinger, ks_binned, w1_unit_bins: Double
      let psi_critical_01, chi2, chi2_log10_p: Double
      let chi2_df: Int
    }
    struct Raw: Decodable {
      struct Bins: Decodable {
        let ref_counts, cur_counts: [Int]
        let psi, js, ks: Double
      }
      let name: String
      let current, reference: [Double]
      let ks_d, wasserstein, wasserstein_norm: Double
      let binned: Bins
    }
    struct Sequence: Decodable {
      let name: String
      let tol: Double
      let looks: [[[Int]]]
      let reference: [Int]?
      let log_e: [Double]
    }
    let binned: [Binned]
    let raw: [Raw]
    let sequential: [Sequence]
  }

  private let vectors: Vectors

  init() throws { vectors = try readVectors(Vectors.self, "drift") }

  @Test func effectSizes() throws {
    for vector in vectors.binned {
      let (current, reference) = try (counts(vector.current), counts(vector.reference))
      let sizes = try #require(EffectSizes(current: current, reference: reference))
      for (name, value, expected) in [
        ("psi", sizes.populationStability, vector.psi_pseudo_half),
        ("js", sizes.jensenShannon, vector.js_distance_base2),
        ("tvd", sizes.totalVariation, vector.tvd), ("linf", sizes.largestDifference, vector.linf),
        ("ks", sizes.kolmogorovSmirnov, vector.ks_binned),
        ("w1", sizes.wassersteinInBins, vector.w1_unit_bins),
        ("psi by chance", sizes.criticalPopulationStability, max(0.1, vector.psi_critical_01)),
      ] {
        #expect(isClose(value, expected), "\(vector.name), \(name)")
      }
      // They take the root of 1 − Σ √(p q), which leaves 1e-8 where the samples are equal.
      let isNothing = max(sizes.hellinger, vector.hellinger) < 2e-8
      #expect(isNothing || isClose(sizes.hellinger, vector.hellinger), "\(vector.name), hellinger")
    }
  }

  @Test func probabilitiesOfChiSquare() {
    for vector in vectors.binned {
      let tail = chiSquareTail(above: vector.chi2, degrees: vector.chi2_df)
      #expect(isClose(log(tail) / log(10), vector.chi2_log10_p), "\(vector.name)")
    }
  }

  @Test func samples() throws {
    for vector in vectors.raw {
      let distance = try #require(
        SampleDistance(current: vector.current, reference: vector.reference))
      #expect(isClose(distance.kolmogorovSmirnov, vector.ks_d), "\(vector.name)")
      #expect(isClose(distance.wasserstein, vector.wasserstein), "\(vector.name)")
      #expect(isClose(distance.wassersteinInDeviations, vector.wasserstein_norm), "\(vector.name)")
      let binned = vector.binned
      let sizes = try #require(
        EffectSizes(current: counts(binned.cur_counts), reference: counts(binned.ref_counts)))
      #expect(isClose(sizes.populationStability, binned.psi), "\(vector.name)")
      #expect(isClose(sizes.jensenShannon, binned.js), "\(vector.name)")
      #expect(isClose(sizes.kolmogorovSmirnov, binned.ks), "\(vector.name)")
    }
  }

  /// Look by look; half of the capital is kept for later steps, which the vectors do not have.
  @Test func evidence() throws {
    for vector in vectors.sequential {
      let bins = vector.looks[0][0].count
      var test = DriftTest(
        .init(dependence: .independent, tolerance: Int(vector.tol * 1e6), look: 5000), bins: bins)
      let reference = try vector.reference.map {
        DriftReference.profile(try #require(BinProfile(counts($0))))
      }
      test.beginStep(reference ?? .stable)
      for (look, expected) in zip(vector.looks, vector.log_e) {
        let arms = BinArms(
          candidate: try counts(look[0]), stable: look.count > 1 ? try counts(look[1]) : .none)
        test.look(arms, against: reference ?? .stable)
        #expect(isClose(log(2 * exp(test.logE) - 1), expected), "\(vector.name)")
      }
    }
  }
}

func counts(_ counts: [Int]) throws -> BinCounts {
  guard let counts = BinCounts(counts) else { throw ImpossibleCounts() }
  return counts
}
