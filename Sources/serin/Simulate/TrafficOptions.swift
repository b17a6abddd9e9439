import ArgumentParser
import Manifests
import Rollouts
import Simulation

/// The traffic of a simulation, on the command line.
struct TrafficOptions: ParsableArguments {
  /// What is assumed of a deployment of which nothing else is known.
  static let usualRate = 50.0

  @Option(help: "Requests of all clients together.") var requestsPerSecond = usualRate
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("How bad stable is.", valueName: "check=share"))
  var stable: [Level] = []
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("How bad the candidate is.", valueName: "check=share"))
  var candidate: [Level] = []
  @Option(help: "When the candidate becomes so, such as 10m; before, it is like stable.")
  var onset: DurationArgument?
  @Option(
    help: """
      How bad requests come: independent, incidents (of both, once in ten minutes), clusters (of 8 \
      on average), or pods (each with good and bad minutes).
      """)
  var pattern = Pattern.independent

  /// "errors=2%".
  struct Level: ExpressibleByArgument {
    let check: String
    let share: Ratio

    init?(argument: String) {
      let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let share = Ratio(manifest: String(parts[1])) else { return nil }
      check = String(parts[0])
      self.share = share
    }
  }

  enum Pattern: String, ExpressibleByArgument, CaseIterable {
    case independent, incidents, clusters, pods

    var pattern: Traffic.Pattern {
      switch self {
      case .independent: .independent
      case .incidents: .sharedIncidents
      case .clusters: .clusters(meanSize: 8)
      case .pods: .pods(variation: 0.5)
      }
    }
  }

  func traffic(for deployment: Deployment) throws -> Traffic {
    let names = deployment.objectives.map(\.name)
    for level in stable + candidate where !names.contains(level.check) {
      throw Failure(
        .user, "\"\(level.check)\" is no check of \(deployment.name)",
        hint: "its checks: \(names.joined(separator: ", "))")
    }
    var traffic = Traffic(deployment, requestsPerSecond: try rate(for: deployment))
    traffic.pattern = pattern.pattern
    let interval = deployment.analysis.interval
    traffic.onset = onset.map { Int($0.duration / interval) } ?? 0
    for (index, name) in names.enumerated() {
      let usual = stable.last { $0.check == name }?.share.value ?? traffic.metrics[index].stable
      let own = candidate.last { $0.check == name }?.share.value ?? usual
      traffic.metrics[index] = Traffic.Metric(stable: usual, candidate: own)
    }
    return traffic
  }

  private func rate(for deployment: Deployment) throws -> Double {
    try Self.rate(requestsPerSecond, for: deployment)
  }

  /// Returns a rate that can be simulated.
  static func rate(_ rate: Double, for deployment: Deployment) throws -> Double {
    let mean = rate * (deployment.analysis.interval / .seconds(1))
    guard mean > 0, mean <= 1e6 else {
      throw Failure(
        .user, "\(rate) requests per second cannot be simulated",
        hint: "between two looks there may be up to 1000000, and more than none")
    }
    return rate
  }
}
