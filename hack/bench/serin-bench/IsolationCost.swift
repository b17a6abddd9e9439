import ArgumentParser
import Foundation
import LocalRuntime
import Manifests
import Rollouts

/// What it costs clients, and a start, that a model server is shut in.
///
/// Two runtimes, each with an Envoy and the same server, are asked in turn at a steady rate, in blocks of a
/// second: A B B A. What the machine does meanwhile falls on both sides alike. Then servers are started and
/// ended in turn, each until it is ready.
struct IsolationCost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isolation", abstract: "Measure what isolation costs clients and a start.",
    discussion: """
      Needs what the tests need: hack/install test. A ratio is the figure of the server that is shut in to \
      that of the other: the middle of all pairs, and the interval that holds the true one in 95 of 100 \
      measurements.
      """)

  @Option(help: "Requests a second.") var rate = 500
  @Option(help: "Pairs of blocks, each of four seconds.") var pairs = 10
  @Option(help: "Pairs of starts.") var starts = 10
  @Option(help: "Clients that share the rate.") var clients = 4

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "serin-bench-isolation-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let open = try stand(.none, in: folder, port: 18_475)
    let shutIn = try stand(.bestEffort, in: folder, port: 18_474)
    for stand in [open, shutIn] { try await stand.runtime.start() }
    do {
      try await measure(open, shutIn)
    } catch {
      for stand in [open, shutIn] { try await stand.runtime.shutdown() }
      throw error
    }
    for stand in [open, shutIn] { try await stand.runtime.shutdown() }
  }

  private func stand(
    _ mode: IsolationSettings.Mode, in folder: URL, port: Int
  ) throws -> CaptureStand {
    let place = folder.appending(path: mode.rawValue)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    return CaptureStand(
      folder: place.path, clients: clients, port: port, isolation: IsolationSettings(mode: mode))
  }

  private func measure(_ open: CaptureStand, _ shutIn: CaptureStand) async throws {
    let name = open.names[0]
    for stand in [open, shutIn] {
      try await stand.put(generation: 1, sampling: [name: 0])
      _ = try await stand.ask(name, rate, rate: rate)
    }
    var blocks: [(shutIn: Block, open: Block)] = []
    for number in 0..<pairs {
      var pair = (shutIn: Block(), open: Block())
      for isShutIn in [true, false, false, true] {
        if isShutIn == (number % 2 == 0) {
          pair.shutIn += try await shutIn.ask(name, rate, rate: rate)
        } else {
          pair.open += try await open.ask(name, rate, rate: rate)
        }
      }
      blocks.append(pair)
      Progress.report("\(number + 1) of \(pairs) pairs")
    }
    report("p50, µs", blocks.map { ($0.shutIn.quantile(0.5), $0.open.quantile(0.5)) })
    report("p99, µs", blocks.map { ($0.shutIn.quantile(0.99), $0.open.quantile(0.99)) })
    var times: [(Double, Double)] = []
    for number in 0..<starts {
      times.append((try await shutIn.start(number), try await open.start(number)))
    }
    report("start, ms", times)
    print("\(2 * rate) requests on either side of a pair, at \(rate) a second")
  }

  private func report(_ name: String, _ pairs: [(shutIn: Double, open: Double)]) {
    let (shutIn, open) = (Self.median(pairs.map(\.shutIn)), Self.median(pairs.map(\.open)))
    print(
      name.padding(toLength: 12, withPad: " ", startingAt: 0), "shut in \(shutIn),",
      "not \(open), ratio \(PairedRatio(pairs.map { log($0.shutIn / $0.open) }))")
  }

  private static func median(_ values: [Double]) -> String {
    String(format: "%.1f", values.sorted()[values.count / 2])
  }
}

extension CaptureStand {
  /// Loads a revision that has no traffic, and ends it again; returns the milliseconds until it was ready.
  fileprivate func start(_ number: Int) async throws -> Double {
    let name = DeploymentName(namespace: "default", name: "start-\(number)")
    let begin = ContinuousClock.now
    try await load(name, generation: 1)
    let time = (ContinuousClock.now - begin) / .milliseconds(1)
    try await runtime.apply(Plan(generation: 2, loaded: [], shares: []), to: name)
    return time
  }
}
