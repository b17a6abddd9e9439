import Analysis
import Foundation

/// The form of `vectors/sequential.json`, `rollouts.json` and `functions.json`.
enum Vectors {
  struct Sequential: Decodable {
    struct Case: Decodable {
      let tolerance, p0: Double
      let looks: [[Int]]
      let expect: [Expected]
    }
    struct Expected: Decodable {
      let logE: [String: Double]
      let rate_cs95: [Double]
      let logOR_cs95: [String]

      subscript(game: String) -> Double { logE[game] ?? .nan }
    }
    struct Clustered: Decodable {
      let looks: [[Int]]
      let phi: Double
      let expect_log_e: [Double]
    }
    struct Discoveries: Decodable {
      let log_e: [Double]
      let alpha: Double
      let selected, selected_alpha_0_2: [Int]
    }
    struct Detector: Decodable {
      let n: Int
      let x: [Int]
      let p0: Double
      let log_m: [Double]
    }
    struct Mean: Decodable {
      let m0: Double
      let x, log_e: [Double]
    }
    struct Rate: Decodable {
      let x, n: Int
      let alpha, lo, hi: Double
    }
    struct LogSum: Decodable {
      let terms: [Double]
      let sum: Double

      init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        terms = try container.decode([Double].self)
        sum = try container.decode(Double.self)
      }
    }
    let cases: [String: Case]
    let clustered: Clustered
    let e_bh: Discoveries
    let edetector_cusum, edetector_sr: Detector
    let mean_bet: Mean
    let bernoulli_cs_jeffreys: [Rate]
    let softplus: [[Double]]
    let logsumexp: [LogSum]
  }

  struct Rollouts: Decodable {
    struct Rollout: Decodable {
      let name: String
      let nc, ns, err_c, err_s, lat_c, lat_s: [Int]
      let logE: [String: [Double]]
      let stop: [String: Int]
    }
    let p0: Double
    let stepLooks: Int
    let rollouts: [Rollout]
  }

  struct Functions: Decodable { let log, log1p, exp: [[Double]] }
}

/// A look of the vectors: requests of candidate and stable, then bad ones of both.
func arms(_ look: [Int]) throws -> Arms {
  guard let candidate = Trials(bad: look[2], total: look[0]),
    let stable = Trials(bad: look[3], total: look[1])
  else { throw ImpossibleCounts() }
  return Arms(candidate: candidate, stable: stable)
}

struct ImpossibleCounts: Error {}

/// The evidence of several objectives together.
func mean(of tests: [ObjectiveTest]) -> Double {
  var mean = LogMean()
  for test in tests { mean.add(test.logE) }
  return mean.logE
}
