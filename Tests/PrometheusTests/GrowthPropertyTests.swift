import Control
import Randomness
import Rollouts
import Testing

@testable import Prometheus

/// Pods that answer, restart and come, scraped and looked at whenever it happens.
@Suite struct GrowthPropertyTests {
  /// One pod, which tells when its process began.
  private struct Pod {
    let name: String
    var start: Int
    var good = 0
    var bad = 0
    var samples: [(at: Int, good: Int, bad: Int, start: Int)] = []

    func series() -> [SampledSeries] {
      [
        PrometheusTests.series("good_total", pod: name, samples.map { ($0.at, Double($0.good)) }),
        PrometheusTests.series("bad_total", pod: name, samples.map { ($0.at, Double($0.bad)) }),
      ]
    }

    func health() -> [SampledSeries] {
      [
        up(samples.map(\.at), pod: name),
        PrometheusTests.series(
          "process_start_time_seconds", pod: name, samples.map { ($0.at, Double($0.start)) }),
      ]
    }
  }

  /// What is counted is everything that was scraped, and nothing twice.
  @Test(arguments: UInt64(1)...200)
  func countsAreTheTruth(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var meter = Meter(.split)
    var pods = [Pod(name: "p0", start: 1)]
    var (scraped, truth, looks) = ([0, 0], [0, 0], 0)
    for step in 1...60 {
      let now = step * 10
      for index in pods.indices {
        if Int.random(in: 0..<12, using: &random) == 0, looks > 0 {
          // What nobody scraped is lost with the process.
          (pods[index].start, pods[index].good, pods[index].bad) = (now - 5, 0, 0)
        }
        let (good, bad) = (
          Int.random(in: 0..<50, using: &random), Int.random(in: 0..<5, using: &random)
        )
        pods[index].good += good
        pods[index].bad += bad
      }
      if looks > 0, pods.count < 4, Int.random(in: 0..<15, using: &random) == 0 {
        pods.append(Pod(name: "p\(pods.count)", start: now - 1, good: 3, bad: 1))
      }
      for index in pods.indices where Int.random(in: 0..<5, using: &random) > 0 {
        let pod = pods[index]
        let old = pod.samples.last
        let isSame = old?.start == pod.start
        scraped[0] += pod.good - (isSame ? old?.good ?? 0 : 0)
        scraped[1] += pod.bad - (isSame ? old?.bad ?? 0 : 0)
        pods[index].samples.append((now, pod.good, pod.bad, pod.start))
      }
      guard Int.random(in: 0..<3, using: &random) == 0, !pods[0].samples.isEmpty else { continue }
      let seen = pods.filter { !$0.samples.isEmpty }
      let counts = try meter.take(
        seen.flatMap { $0.series() }.shuffled(using: &random),
        health: seen.flatMap { $0.health() }, of: [subject()]
      ).total(of: revision, in: deployment)
      if looks == 0 { truth = scraped }
      looks += 1
      #expect(counts?.requests == scraped[0] + scraped[1] - truth[0] - truth[1])
      #expect(counts?.errors == scraped[1] - truth[1])
    }
    #expect(looks > 5)
  }
}
