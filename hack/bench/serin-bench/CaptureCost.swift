import ArgumentParser
import Control
import Foundation
import LocalRuntime
import Rollouts

/// What capturing costs the clients, and what it costs Envoy.
///
/// Two deployments of the same server behind one Envoy are asked in turn, in blocks of a fraction of a
/// second, and take turns in being captured: what the machine does meanwhile, and what tells the two
/// servers apart, falls on both sides alike. Sixteen blocks make a pair of figures, and the middle of
/// the pairs' ratios does not mind those pairs that something else got in the way of.
struct CaptureCost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture", abstract: "Measure what capturing costs clients and Envoy.",
    discussion: """
      Needs what the tests need: hack/install test. A ratio is the captured side's figure to the \
      other's, 1 is no cost: the middle of all pairs, and the interval that holds the true one in \
      95 of 100 measurements. Ends when the interval of p99 is narrow enough, or the time is up.
      """)

  @Option(help: ArgumentHelp("Captured requests, in per mille.", valueName: "share"))
  var share = 50
  @Option(help: "Half the width of p99's interval at which to end, in percent.") var within = 1.5
  @Option(help: "The time after which to end in any case, in seconds.") var atMost = 270
  @Option(help: "Requests in a block.") var block = 200
  @Option(help: "Requests at the same time.") var clients = 2

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "serin-bench-capture-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let stand = CaptureStand(folder: folder.path, clients: clients)
    try await stand.runtime.start()
    var pairs: [Pair] = []
    do {
      try await measure(stand, into: &pairs)
    } catch {
      try await stand.runtime.shutdown()
      throw error
    }
    try await stand.runtime.shutdown()
    report(pairs, captured: stand.intake.count)
  }

  /// Both sides of one pair.
  private struct Pair {
    var captured = Block()
    var plain = Block()

    func logRatio(_ figure: (Block) -> Double) -> Double { log(figure(captured) / figure(plain)) }
  }

  private func measure(_ stand: CaptureStand, into pairs: inout [Pair]) async throws {
    let end = ContinuousClock.now + .seconds(atMost)
    repeat {
      pairs.append(try await pair(pairs.count, stand))
      let p99 = PairedRatio(pairs.map { $0.logRatio(Self.p99) })
      if pairs.count % 10 == 0 { Progress.report("\(pairs.count) pairs, p99 \(p99)") }
      if pairs.count >= Self.fewestPairs, p99.halfWidth <= within / 100 { return }
    } while ContinuousClock.now < end
  }

  /// With fewer the ends of the interval are the extremes, and say little of the next pair.
  private static let fewestPairs = 30

  /// Each server is captured once, in an order that no trend can favour: A B B A A B B A.
  private func pair(_ number: Int, _ stand: CaptureStand) async throws -> Pair {
    var pair = Pair()
    for turn in 0..<2 {
      let (captured, plain) = (stand.names[turn], stand.names[1 - turn])
      try await stand.put(
        generation: 2 * number + turn + 1, sampling: [captured: share, plain: 0])
      for name in stand.names { _ = try await stand.ask(name, block / 2) }
      for isCaptured in [true, false, false, true, true, false, false, true] {
        // Which side begins changes from pair to pair.
        if isCaptured == (number % 2 == 0) {
          pair.captured += try await stand.ask(captured, block)
        } else {
          pair.plain += try await stand.ask(plain, block)
        }
      }
    }
    return pair
  }

  private static let p99: @Sendable (Block) -> Double = { $0.quantile(0.99) }

  private func report(_ pairs: [Pair], captured: Int) {
    let figures: [(String, (Block) -> Double)] = [
      ("p50, µs", { $0.quantile(0.5) }), ("p99, µs", Self.p99),
      ("Envoy, µs of CPU", { $0.processor }),
    ]
    for (name, figure) in figures {
      print(
        name.padding(toLength: 18, withPad: " ", startingAt: 0),
        "captured \(Self.median(pairs.map { figure($0.captured) })),",
        "not \(Self.median(pairs.map { figure($0.plain) })),",
        "ratio \(PairedRatio(pairs.map { $0.logRatio(figure) }))")
    }
    let asked = pairs.reduce(0) { $0 + $1.captured.latencies.count }
    print(
      "\(pairs.count) pairs of \(8 * block) requests on either side; in all \(captured) captured")
    print("and \(asked) asked of the captured side, not counting those that warmed up")
  }

  private static func median(_ values: [Double]) -> String {
    String(format: "%.1f", values.sorted()[values.count / 2])
  }
}

/// The middle of ratios whose logarithms lie alike to either side of it, and of nothing else is
/// assumed: Hodges and Lehmann's estimate, with the interval of Wilcoxon's signed ranks.
///
/// It minds outliers as little as the median does, and needs two thirds of its pairs.
struct PairedRatio: CustomStringConvertible {
  private let middle: Double
  private let low: Double
  private let high: Double

  /// - Parameter logs: The logarithms of the ratios; not empty.
  init(_ logs: [Double]) {
    let means = logs.indices.flatMap { left in logs[left...].map { (logs[left] + $0) / 2 } }
      .sorted()
    let count = Double(logs.count)
    // How many of the means are below the true middle has this variance; 1.96 deviations aside.
    let deviation = (count * (count + 1) * (2 * count + 1) / 24).squareRoot()
    let rank = max(0, Int((Double(means.count) / 2 - 1.96 * deviation).rounded(.down)))
    middle = (means[(means.count - 1) / 2] + means[means.count / 2]) / 2
    (low, high) = (means[rank], means[means.count - 1 - rank])
  }

  var halfWidth: Double { (exp(high) - exp(low)) / 2 }

  var description: String {
    String(format: "%.3f (%.3f to %.3f)", exp(middle), exp(low), exp(high))
  }
}

/// What some blocks of requests took.
struct Block: Sendable {
  /// In microseconds.
  private(set) var latencies: [Double] = []
  /// Envoy's time on the processor for all of them, in microseconds.
  private var spent = 0.0

  init() {}

  init(latencies: [Double], spent: Double) {
    self.latencies = latencies
    self.spent = spent
  }

  /// Envoy's time on the processor for one request, in microseconds.
  var processor: Double { spent / Double(max(1, latencies.count)) }

  func quantile(_ part: Double) -> Double {
    latencies.sorted()[Int(part * Double(latencies.count - 1))]
  }

  static func += (left: inout Block, right: Block) {
    left.latencies += right.latencies
    left.spent += right.spent
  }
}
