import ArgumentParser
import Encoding
import Foundation
import LocalRuntime
import Rollouts

/// What it costs clients that a candidate gets a copy of each of their requests.
///
/// Two deployments of the same server behind one Envoy are asked in turn at a steady rate, in blocks of a
/// second: A B B A. The requests of one of them are copied, to a candidate that is healthy, slow, dead or hanging.
struct MirrorCost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mirror", abstract: "Measure what copies for a candidate cost clients.",
    discussion: """
      Needs what the tests need: hack/install test. A ratio is the figure of the deployment whose requests \
      are copied to that of the other: the middle of all pairs, and the interval that holds the true one in \
      95 of 100 measurements. Servers answer at once, unless --think says how long a model takes. A healthy \
      candidate does as much work as stable does, on the same machine. What copying itself costs, without that \
      work, is seen where candidates and the Envoy that sends copies on have a processor to themselves:

        taskset -c 0 serin-bench mirror --candidates-on 1
      """)

  @Option(help: "Requests a second.") var rate = 200
  @Option(help: "Pairs of blocks, each of four seconds.") var pairs = 10
  @Option(help: "Clients that share the rate.") var clients = 4
  @Option(help: "Milliseconds that each server waits before it answers.") var think = 0
  @Option(help: "The processor of the candidates and of the Envoy of copies. (default: any)")
  var candidatesOn: Int?

  /// What candidates do with what Envoy sends them.
  private static let candidates: [(name: String, behaviour: JSONValue?)] = [
    ("none", nil), ("healthy", [:]), ("slow", ["client": ["sleep": 2]]),
    ("dead", ["client": ["die": 3]]), ("hanging", ["client": ["sleep": 3600]]),
  ]

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "serin-bench-mirror-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let stand = CaptureStand(folder: folder.path, clients: clients, port: 18_476)
    let stable: JSONValue = ["think": thought]
    _ = try stand.revision(behaviour: stable.canonical)
    try await stand.runtime.start()
    do {
      try await stand.put(generation: 1, sampling: [stand.names[0]: 0])
      for (number, (name, behaviour)) in Self.candidates.enumerated() {
        try await stand.mirror(
          stand.names[1], to: name, behaviour.map(placed), generation: number + 1)
        if let candidatesOn, behaviour != nil {
          try stand.placeCopies(for: stand.names[1], to: name, on: candidatesOn)
        }
        try await measure(stand, name)
      }
    } catch {
      try await stand.runtime.shutdown()
      throw error
    }
    try await stand.runtime.shutdown()
    print(
      "\(2 * rate) requests on either side of a pair, at \(rate) a second, all of one side copied")
  }

  /// The behaviour of a candidate that thinks as long as stable does, in its place.
  private func placed(_ behaviour: JSONValue) -> JSONValue {
    let thinking = behaviour.with("think", thought)
    return candidatesOn.map { thinking.with("processors", [.number($0)]) } ?? thinking
  }

  private var thought: JSONValue { .string("\(Double(think) / 1000)") }

  private func measure(_ stand: CaptureStand, _ candidate: String) async throws {
    for name in stand.names { _ = try await stand.ask(name, rate, rate: rate) }
    var blocks: [(copied: Block, plain: Block)] = []
    for number in 0..<pairs {
      var pair = (copied: Block(), plain: Block())
      for isCopied in [true, false, false, true] {
        if isCopied == (number % 2 == 0) {
          pair.copied += try await stand.ask(stand.names[1], rate, rate: rate)
        } else {
          pair.plain += try await stand.ask(stand.names[0], rate, rate: rate)
        }
      }
      blocks.append(pair)
    }
    report(
      "\(candidate), p50, µs", blocks.map { ($0.copied.quantile(0.5), $0.plain.quantile(0.5)) })
    report(
      "\(candidate), p99, µs", blocks.map { ($0.copied.quantile(0.99), $0.plain.quantile(0.99)) })
  }

  private func report(_ name: String, _ pairs: [(copied: Double, plain: Double)]) {
    print(
      name.padding(toLength: 18, withPad: " ", startingAt: 0),
      "copied \(Self.median(pairs.map(\.copied))), not \(Self.median(pairs.map(\.plain))),",
      "ratio \(PairedRatio(pairs.map { log($0.copied / $0.plain) }))")
  }

  private static func median(_ values: [Double]) -> String {
    String(format: "%.1f", values.sorted()[values.count / 2])
  }
}

extension CaptureStand {
  /// Has each request to a deployment copied to a candidate that behaves so; to none without a behaviour.
  fileprivate func mirror(
    _ name: DeploymentName, to candidate: String, _ behaviour: JSONValue?, generation: Int
  ) async throws {
    let stable = try revision()
    let other = try behaviour.map { try revision(candidate, behaviour: $0.canonical) }
    let split = Plan.Route.split([.init(revision: stable.id, weight: .all)])
    let mirror = other.map { Plan.Route.mirror(.init(revision: $0.id, weight: .all)) }
    try await put(
      Plan(
        generation: generation, loaded: [stable] + [other].compactMap(\.self),
        routes: [split] + [mirror].compactMap(\.self)), to: name)
  }
}
