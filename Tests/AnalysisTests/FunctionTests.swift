import Foundation
import Testing

@testable import Analysis

@Suite struct FunctionTests {
  /// Within 2 units in the last place of values computed with 200 bits.
  @Test func elementaryFunctions() throws {
    let vectors = try readVectors(Vectors.Functions.self, "functions")
    for (name, function, pairs) in [
      ("log", Analysis.log, vectors.log), ("log1p", Analysis.log1p, vectors.log1p),
      ("exp", Analysis.exp, vectors.exp),
    ] as [(String, (Double) -> Double, [[Double]])] {
      for pair in pairs {
        let value = function(pair[0])
        #expect(abs(value - pair[1]) <= 2 * pair[1].ulp, "\(name)(\(pair[0])) = \(value)")
      }
    }
  }

  @Test(
    arguments: [
      (0.0, -Double.infinity), (1, 0), (.infinity, .infinity),
      (.leastNonzeroMagnitude, -744.4400719213812),
    ] as [(Double, Double)])
  func logarithmAtTheEdges(x: Double, expected: Double) { #expect(Analysis.log(x) == expected) }

  @Test(
    arguments: [
      (-800.0, 0.0), (800, .infinity), (0, 1), (-.infinity, 0),
      (-744, 2 * Double.leastNonzeroMagnitude),
    ] as [(Double, Double)])
  func exponentialAtTheEdges(x: Double, expected: Double) { #expect(Analysis.exp(x) == expected) }

  @Test(arguments: [0.5, 1, 1.5, 2, 3.25, 9.999, 10, 150.5, 1e6, 9e15])
  func logarithmOfTheGammaFunction(x: Double) {
    let expected: Double = lgamma(x)
    #expect(abs(logGamma(x) - expected) <= 1e-14 * max(1, abs(expected)))
  }
}
