import ArgumentParser
import Control
import Glibc
import Rollouts
import SimulationKit

/// What an idle controller costs: healthy deployments, a hundred unless told otherwise.
///
/// The real controller runs against simulated time, so its processor time over the simulated time is
/// the share of a core it would take; the cost of the simulated world is included, so the figure is an
/// upper bound.
struct Idle: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "idle", abstract: "Measure what the controller costs when nothing happens.")

  @Option(help: "How many deployments.") var deployments = 100
  @Option(help: "How many seconds of simulated time are measured.") var seconds = 3600
  @Option(help: "How many seconds they have to become healthy.") var warmUp = 600

  func run() {
    let before = Self.residentKiB()
    let scenario = Scenario(seed: 1, faults: World.Faults(crash: 0, hiccup: 0))
    let (began, files, warmUp) = (Box(), Self.files(deployments), warmUp)
    let duration = Duration.seconds(warmUp + seconds)
    scenario.run(for: duration, tick: .milliseconds(250)) { world, clock in
      world.commit(files)
      await clock.sleep(for: .seconds(warmUp))
      began.cpu = Self.cpuSeconds()
      began.healthy = world.plansInForce.values.count { $0.shares.count == 1 }
    }
    let cpu = Self.cpuSeconds() - began.cpu
    let share = Self.milli(cpu / Double(seconds) * 100)
    print("healthy deployments     \(began.healthy) of \(deployments)")
    print(
      "processor time          \(Self.milli(cpu)) s in \(seconds) s: \(share) % of one core")
    print(
      "resident memory         \(Self.residentKiB() / 1024) MiB, \(before / 1024) before the first")
  }

  final class Box: @unchecked Sendable {  // written by the script, read after it has ended
    var cpu = 0.0
    var healthy = 0
  }

  private static func files(_ count: Int) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: (1...count).map { number in
        (
          "model-\(number).yaml",
          """
          apiVersion: serin.dev/v1alpha1
          kind: ModelDeployment
          metadata: {name: model-\(number)}
          spec:
            model: {version: "1", uri: "file:///models/\(number)", format: sklearn}
            slos:
              - errors: {below: 1%}
              - latency: {percentile: 99, below: 250ms}
            bake: 1m
          """
        )
      })
  }

  static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func residentKiB() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    fgets(&line, Int32(line.count), file)
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4
  }

  private static func milli(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
