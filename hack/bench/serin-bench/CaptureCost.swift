import ArgumentParser
import Control
import Foundation
import HTTP
import LocalRuntime
import Logging
import Rollouts

/// What capturing costs the clients, and what it costs Envoy.
///
/// Two deployments of the same server behind one Envoy are asked in turn, block by block, and take
/// turns in being captured: what the machine does meanwhile, and what tells the two servers apart,
/// falls on both sides alike.
struct CaptureCost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture", abstract: "Measure what capturing costs clients and Envoy.",
    discussion: """
      Needs what the tests need: hack/install test. The ratio is the geometric mean over the rounds \
      of the captured side's figure to the other's, with its standard error; 1 is no cost.
      """)

  @Option(help: ArgumentHelp("Captured requests, in per mille.", valueName: "share"))
  var share = 50
  @Option(help: "Rounds of one block for each side; an even number.") var rounds = 40
  @Option(help: "Requests in a block.") var block = 1_000
  @Option(help: "Requests at the same time.") var clients = 2

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "serin-bench-capture")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let stand = CaptureStand(folder: folder.path)
    try await stand.runtime.start()
    var sides: [(captured: Block, plain: Block)] = []
    do {
      for round in 0..<rounds {
        sides.append(try await self.round(round, stand))
      }
    } catch {
      try await stand.runtime.shutdown()
      throw error
    }
    try await stand.runtime.shutdown()
    report(sides, captured: stand.intake.count)
  }

  private func round(
    _ round: Int, _ stand: CaptureStand
  ) async throws -> (captured: Block, plain: Block) {
    let (captured, plain) = (stand.names[round % 2], stand.names[1 - round % 2])
    try await stand.put(generation: round + 1, sampling: [captured: share, plain: 0])
    // Which side is first changes with every second round.
    let order = round % 4 < 2 ? [captured, plain] : [plain, captured]
    var blocks: [DeploymentName: Block] = [:]
    for name in order { blocks[name] = try await stand.ask(name, block, clients: clients) }
    guard let first = blocks[captured], let second = blocks[plain] else {
      preconditionFailure("both sides were asked")
    }
    return (first, second)
  }

  private func report(_ sides: [(captured: Block, plain: Block)], captured: Int) {
    let figures: [(String, (Block) -> Double)] = [
      ("p50, µs", { $0.quantile(0.5) }), ("p99, µs", { $0.quantile(0.99) }),
      ("Envoy, µs of CPU", { $0.processor }),
    ]
    for (name, figure) in figures {
      let logs = sides.map { log(figure($0.captured) / figure($0.plain)) }
      let mean = logs.reduce(0, +) / Double(logs.count)
      let variance = logs.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
      let error = (variance / Double(logs.count * max(1, logs.count - 1))).squareRoot()
      print(
        name.padding(toLength: 18, withPad: " ", startingAt: 0),
        "captured \(Self.median(sides.map { figure($0.captured) })),",
        "not \(Self.median(sides.map { figure($0.plain) })),",
        String(format: "ratio %.3f ± %.3f", exp(mean), exp(mean) * error))
    }
    print("\(captured) of \(sides.count * block) requests of the captured side were captured")
  }

  private static func median(_ values: [Double]) -> String {
    String(format: "%.1f", values.sorted()[values.count / 2])
  }
}

/// What one block of requests took.
struct Block: Sendable {
  /// In microseconds.
  let latencies: [Double]
  /// Envoy's time on the processor for one request, in microseconds.
  let processor: Double

  func quantile(_ part: Double) -> Double {
    latencies.sorted()[Int(part * Double(latencies.count - 1))]
  }
}
