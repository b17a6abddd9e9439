import ArgumentParser
import ClusterKit
import Encoding
import Foundation
import Glibc

/// What a controller asks of a cluster and of Prometheus while nothing changes, and what it takes itself.
///
/// The controller is the built program. The API server is that of the tests, without servers and without a gateway:
/// each object is said to be ready at once. The Prometheus is a real one, and scrapes the counters of a gateway that there is not.
struct ClusterCost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Measure what deployments in a cluster cost at rest.",
    discussion: """
      Needs what the tests need: hack/install test, and hack/build serin. Prints how long the first \
      deployments take, at which rate the API server was asked then, what a minute costs when nothing changes, and how \
      soon a change of one manifest is carried out.
      """)

  @Option(help: "How many deployments.") var deployments = 1000
  @Option(help: "How many seconds without a change are measured.") var seconds = 60
  @Option(help: "How many manifests are changed, one after the other.") var changes = 10

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "serin-bench-cluster-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let namespaces = ["default"]
    try await ClusterServer.run(namespaces: namespaces) { server in
      let stand = ClusterStand(server, in: folder, deployments: deployments)
      defer { stand.stop() }
      let task = Task { await stand.answer() }
      defer { task.cancel() }
      try await stand.start()
      try await measureStart(stand)
      try await measureRest(stand)
      try await measureChanges(stand)
    }
  }

  private func measureStart(_ stand: ClusterStand) async throws {
    let began = ContinuousClock.now
    var (peak, last) = (0.0, (at: began, requests: 0))
    while try await stand.healthy() < deployments {
      guard .now - began < .seconds(1800) else { throw ValidationError("it takes too long") }
      try await Task.sleep(for: .seconds(1))
      let now = (at: ContinuousClock.now, requests: stand.requests)
      peak = max(peak, Double(now.requests - last.requests) / ((now.at - last.at) / .seconds(1)))
      last = now
      Progress.report("\(try await stand.healthy()) of \(deployments) are healthy")
    }
    let time = (.now - began) / .seconds(1)
    print("all deployments are healthy after  \(tenths(time)) s")
    print("requests to the API server         \(last.requests), at most \(Int(peak)) a second")
  }

  private func measureRest(_ stand: ClusterStand) async throws {
    try await Task.sleep(for: .seconds(20))
    let before = try await stand.spent()
    try await Task.sleep(for: .seconds(seconds))
    let after = try await stand.spent()
    let length = Double(seconds)
    func rate(_ part: KeyPath<ClusterStand.Spent, Double>) -> String {
      hundredths((after[keyPath: part] - before[keyPath: part]) / length)
    }
    print("at rest, requests to the API       \(rate(\.requests)) a second")
    print("at rest, queries to Prometheus     \(rate(\.queries)) a second")
    let share = (after.processor - before.processor) / length * 100
    print("at rest, processor time            \(tenths(share)) % of one core")
    print("resident memory                    \(Int(after.resident / 1024)) MiB")
  }

  private func measureChanges(_ stand: ClusterStand) async throws {
    guard (1...deployments).contains(changes) else { return }
    var all: [ClusterStand.Change] = []
    for number in 1...changes {
      all.append(try await stand.change(number))
      Progress.report("\(number) of \(changes) manifests are changed")
    }
    print("from a commit seen to the route    \(times(all.map(\.planned)))")
    print("from ready to the first clients    \(times(all.map(\.routed)))")
  }

  private func times(_ times: [Duration]) -> String {
    let sorted = times.map { Int($0 / .milliseconds(1)) }.sorted()
    return "\(sorted[sorted.count / 2]) ms, at most \(sorted[sorted.count - 1]) ms"
  }

  private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
  private func hundredths(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
