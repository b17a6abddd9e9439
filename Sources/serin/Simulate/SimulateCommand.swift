import ArgumentParser
import Charts
import Foundation
import Manifests
import Rollouts
import Simulation

struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run a manifest's rollout against traffic that nobody sends.",
    discussion: """
      The very function that decides in production sees the counts of a made-up traffic, or those of \
      a file, and its decisions are printed. With --rollouts it runs many times, and says how often \
      the candidate is rolled back and how soon. Loading takes no time in a simulation.

      Levels are shares of bad requests by the names of the checks, such as errors=2% or \
      latency-p99=1.5%. Without any, stable uses half of what is promised, and the candidate is like \
      stable.

      A file of counts has one look a line, as CSV with a header or as JSON lines, with the columns \
      candidate_requests, stable_requests and, for each check, candidate_NAME and stable_NAME: how \
      many of the requests broke the promise. It is played as one step at the share it was recorded \
      at.
      """)

  @Argument(help: "A file with a ModelDeployment.") var manifest: String
  @Option(help: "Which deployment of the file, as NAME or NAMESPACE/NAME.") var deployment: String?
  @OptionGroup var traffic: TrafficOptions
  @Option(help: "How many rollouts to run.") var rollouts = 1
  @Option(help: "The seed of the first rollout; the same seed gives the same rollout.")
  var seed: UInt64 = 1
  @Option(name: .customLong("for"), help: "The time to simulate, such as 2h.") var limit:
    DurationArgument?
  @Option(help: ArgumentHelp("A file of recorded counts.", valueName: "file")) var counts: String?
  @Option(help: ArgumentHelp("Where to draw the evidence over time.", valueName: "file"))
  var svg: String?
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func validate() throws {
    guard (1...100_000).contains(rollouts), seed < 1 << 62 else {
      throw ValidationError("--rollouts must be 1 to 100000, and --seed below 2^62.")
    }
    if rollouts > 1, svg != nil || counts != nil {
      throw ValidationError("--svg and --counts are about one rollout: leave out --rollouts.")
    }
  }

  func run() async throws {
    let deployment = try ManifestArgument.simulated(
      in: manifest, named: deployment, isRecorded: counts != nil)
    let remarks = [deployment.company, deployment.contest, deployment.reachOfSlices]
    for remark in remarks.compactMap(\.self) {
      FileHandle.standardError.write(Data("note: \(remark)\n".utf8))
    }
    let limit = limit?.duration ?? deployment.longestRollout
    if let counts {
      return try showOne(try RecordedCounts.played(counts, against: deployment))
    }
    let traffic = try traffic.traffic(for: deployment)
    guard rollouts > 1 else {
      let rollout = SimulatedRollout.run(deployment, traffic, seed: seed, for: limit)
      return try showOne(rollout, under: traffic)
    }
    var progress = Progress(of: rollouts, "rollouts")
    let study = await RolloutStudy(
      deployment, traffic, seeds: seed..<seed + UInt64(rollouts), for: limit
    ) { progress.step() }
    progress.end()
    switch output {
    case .text: print(StudyText(deployment, traffic, study, limit: limit).description)
    case .json: try printJSON(StudyText.Form(study))
    }
  }

  private func showOne(_ rollout: SimulatedRollout, under traffic: Traffic? = nil) throws {
    if let svg {
      let chart = rollout.evidenceChart
      try Data(chart.svg.utf8).write(to: URL(filePath: svg))
    }
    switch output {
    case .text: print(TimelineText(rollout, under: traffic).description)
    case .json: try printJSON(TimelineText.Form(rollout))
    }
  }
}

/// A manifest that a command is given.
enum ManifestArgument {
  /// Returns the deployment that is to be simulated, and says what of it cannot be.
  ///
  /// Predictions are made up as the profile has them; counts from a file hold none.
  static func simulated(
    in path: String, named name: String?, isRecorded: Bool = false
  ) throws -> Deployment {
    let deployment = try deployment(in: path, named: name)
    let gates = [
      deployment.drift?.inputs == nil ? nil : "inputs",
      isRecorded && deployment.drift?.predictions != nil ? "predictions" : nil,
    ].compactMap(\.self)
    if !gates.isEmpty {
      let names = gates.joined(separator: " and ")
      FileHandle.standardError.write(
        Data("note: the drift of \(names) is left out: no simulation knows them\n".utf8))
    }
    return deployment
  }

  /// Returns the one deployment of a file, or the one that is named.
  static func deployment(in path: String, named name: String?) throws -> Deployment {
    let file = ManifestTree(around: path).decode(Array(try Data(given: path)), path: path)
    guard !file.hasErrors else { throw Failure(.user, "\(file.rendering)\(path) is wrong") }
    let all = file.deployments.map(\.deployment)
    let found = all.filter { name == nil || [$0.name.name, $0.name.description].contains(name) }
    guard let deployment = found.first, found.count == 1 else {
      let names = all.map(\.name.description).joined(separator: ", ")
      throw Failure(
        .user,
        all.isEmpty ? "\(path) holds no ModelDeployment" : "\(path) holds \(names)",
        hint: all.isEmpty ? nil : "choose one with --deployment")
    }
    return deployment
  }
}
