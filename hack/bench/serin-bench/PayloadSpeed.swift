import ArgumentParser
import Control
import Foundation
import Payloads
import Profiles
import Randomness
import Rollouts

/// How many captured events one core turns into counts, beside Python reading the same bodies.
///
/// An event is a V2 request with 20 features, and its answer. Processor time is that of all threads
/// together, so the figure is what one core does, whoever hands the events in.
struct PayloadSpeed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "payloads", abstract: "Measure how fast captured payloads become counts.")

  @Option(help: "How many events.") var events = 200_000

  private static let deployment = DeploymentName(namespace: "payments", name: "fraud")
  private static let features = 20
  /// Different bodies, sent again and again under new ids.
  private static let bodies = 1000

  func validate() throws {
    guard events > 0 else { throw ValidationError("--events must be at least 1.") }
  }

  func run() async throws {
    let pairs = Self.pairs()
    let size = pairs.reduce(0) { $0 + $1.request.utf8.count + $1.response.utf8.count }
    let limits = IntakeLimits()
    print("bytes of an event       \(size / Self.bodies), of which 20 features as V2")
    let seconds = try await serin(pairs, limits)
    print("Serin                   \(whole(Double(events) / seconds)) events per second and core")
    let sliced = try await serin(pairs, limits, by: .json(path: ["parameters", "tenant"]))
    print("with slices by a field  \(whole(Double(events) / sliced)) events per second and core")
    if let theirs = try Self.python(pairs) {
      print(
        "Python's json.loads     \(whole(1 / theirs)) events per second, reading alone:",
        "Serin is \(tenths(theirs * Double(events) / seconds)) times as fast")
    }
    print("memory, at most         \(limits.memory >> 20) MiB when everything is full")
    print("resident now            \(Idle.residentKiB() / 1024) MiB")
  }

  private func serin(
    _ pairs: [(request: String, response: String)], _ limits: IntakeLimits, by key: SliceKey? = nil
  ) async throws -> Double {
    let bytes = pairs.map { (Array($0.request.utf8), Array($0.response.utf8)) }
    let intake = Intake(life: "bench", clock: SystemClock(), limits: limits)
    let slices = key.map { SlicePlan(slices: Slices(by: $0, worst: 20), edges: [250]) }
    let plan = SamplePlan(profile: Self.profile, maturity: .seconds(3600), slices: slices)
    await intake.follow([Self.deployment: plan])
    let began = Idle.cpuSeconds()
    for index in 0..<events {
      let (request, response) = bytes[index % bytes.count]
      intake.take(
        PayloadEvent(
          deployment: Self.deployment, revision: Revision.ID("3f9c2a71d0"), requestID: "\(index)",
          at: SystemClock().now, request: request, response: response, status: 200,
          sliced: .init(value: "", isError: false, milliseconds: 20)))
      if index % 10_000 == 0 { _ = await intake.samples() }
    }
    let counts = await intake.samples()[Self.deployment]?.revisions.values.first
    let seconds = Idle.cpuSeconds() - began
    guard let counts, counts.requests == events, counts.badInputs + counts.badOutputs == 0 else {
      throw ValidationError("not every event was counted: \(String(describing: counts))")
    }
    return seconds
  }

  private static var profile: DataProfile {
    let columns = (0..<features).map { index in
      ProfileColumn(
        name: "feature_\(index)", kind: .number(edges: (1..<10).map { Double($0) * 100 }),
        counts: Array(repeating: 1, count: 11))
    }
    let score = ProfileColumn(
      name: "score", kind: .number(edges: (1..<10).map { Double($0) / 10 }),
      counts: Array(repeating: 1, count: 11), range: ValueRange(0, 1))
    return DataProfile(rows: 10, source: "bench", features: columns, outputs: [score])
  }

  /// As MLServer has them; the numbers have all the digits that they have in practice.
  private static func pairs() -> [(request: String, response: String)] {
    var random = SplitMix64(seed: 1)
    return (0..<bodies).map { _ in
      let row = (0..<features).map { _ in "\(random.uniform() * 1000)" }
      let request = """
        {"inputs": [{"name": "predict", "shape": [1, \(features)], "datatype": "FP64", \
        "data": [\(row.joined(separator: ", "))]}]}
        """
      let response = """
        {"model_name":"fraud","model_version":"8","id":"5f3b6c1e-8d0a-4c57-9a8e-0c8f2f1f7c11",\
        "parameters":{},"outputs":[{"name":"predict","shape":[1,1],"datatype":"FP64",\
        "parameters":{"content_type":"np"},"data":[\(random.uniform())]}]}
        """
      return (request, response)
    }
  }

  /// Returns the processor time of one event in seconds; nil without Python.
  private static func python(_ pairs: [(request: String, response: String)]) throws -> Double? {
    let rounds = 20
    let program = """
      import json, sys, time
      lines = [line.encode() for line in sys.stdin.read().splitlines()]
      began = time.process_time()
      for _ in range(\(rounds)):
          for line in lines: json.loads(line)
      print(time.process_time() - began)
      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program]
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    let text = pairs.map { "\($0.request)\n\($0.response)\n" }.joined()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    let answer = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let seconds = Double(
      String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    return seconds.map { $0 / Double(rounds * pairs.count) }
  }
}
