import Foundation
import Golden
import TestKit
import Testing

/// Rollouts that are tried before anybody is exposed, as a person sees them.
@Suite struct SimulateTests {
  /// A candidate that is too slow for its promise, look by look, with its picture.
  @Test(.temporaryFolder) func oneRollout() throws {
    try write(Self.manifest, to: "ranker.yaml")
    let result = try Command(
      "simulate", "ranker.yaml", "--candidate", "latency-p99=6%", "--onset", "8m", "--svg",
      "evidence.svg")
    try expectGolden(
      result.transcript(of: "serin simulate ranker.yaml --candidate latency-p99=6% --onset 8m"),
      "simulate.txt")
    let picture = try String(contentsOf: file("evidence.svg"), encoding: .utf8)
    // The picture in docs/analysis.md.
    try expectGolden(picture, "../../../../docs/evidence.svg")
  }

  @Test(.temporaryFolder) func manyRollouts() throws {
    try write(Self.manifest, to: "ranker.yaml")
    let result = try Command("simulate", "ranker.yaml", "--rollouts", "20")
    try expectGolden(
      result.transcript(of: "serin simulate ranker.yaml --rollouts 20"), "simulate-many.txt")
    let json = try Command("simulate", "ranker.yaml", "--rollouts", "3", "-o", "json")
    #expect(json.output.contains(#""outcome": "promoted""#))
  }

  @Test(.temporaryFolder) func plan() throws {
    try write(Self.manifest + "\n  analysis: {interval: 30s}", to: "ranker.yaml")
    let result = try Command("plan", "ranker.yaml", "--requests-per-second", "5")
    try expectGolden(
      result.transcript(of: "serin plan ranker.yaml --requests-per-second 5"), "plan.txt")
    let warned = try Command("validate", "ranker.yaml", "--requests-per-second", "5")
    #expect(warned.status == 0)
    #expect(
      warned.output.contains(
        "ranker.yaml:1:1: warning: at 5 requests per second a rise to 4 times of errors would"),
      "\(warned.output)")
  }

  /// The pictures of docs/strategies.md, and what a mirror costs.
  @Test(
    .temporaryFolder,
    arguments: [
      ("shadow", "canary: {steps: [{mirror: 20%, atLeast: 30m, atMost: 2h}, 5%, 25%, 50%]}"),
      (
        "ab-test",
        "abTest: {affinity: {header: x-user-id}, goal: {metric: conversion}, atLeast: 7d, atMost: 21d}"
      ),
      (
        "ab-test-arms",
        "abTest: {affinity: {header: x-user-id}, goal: {metric: conversion}, atLeast: 7d, atMost: 21d, "
          + #"arms: [{version: "4", uri: file:///models/4, format: sklearn}, "#
          + #"{version: "5", uri: file:///models/5, format: sklearn}]}"#
      ),
      ("canary", "canary: {steps: [5%, 25%, 50%]}"), ("blue-green", "blueGreen: {}"),
      ("recreate", "recreate: {}"), ("batch", "blueGreen: {}\n  serving: batch"),
      ("preview", "blueGreen: {preview: {atLeast: 10m, atMost: 1h}}"),
      (
        "match",
        #"canary: {steps: [{match: {header: x-beta, value: "true"}, atLeast: 30m, atMost: 4h}, 5%, 50%]}"#
      ),
    ])
  func strategies(name: String, strategy: String) throws {
    // Of what jobs read nothing is timed.
    let lines = Self.manifest.split(separator: "\n").filter { line in
      name != "batch" || !line.contains("latency")
    }.map { line in line.contains("canary:") ? "    \(strategy)" : String(line) }
    try write(lines.joined(separator: "\n"), to: "ranker.yaml")
    let result = try Command(
      "plan", "ranker.yaml", "--requests-per-second", "50", "--svg", "plan.svg")
    let picture = try String(contentsOf: file("plan.svg"), encoding: .utf8)
    try expectGolden(picture, "../../../../docs/strategies-\(name).svg")
    #expect(result.output.contains("Decided on conversion (higher") == name.hasPrefix("ab-test"))
    #expect(result.output.contains("copies of up to 20% of the requests") == (name == "shadow"))
    let reach = "Every client that sends serin-preview: true is answered by the new model"
    #expect(result.output.contains(reach) == (name == "preview"))
    #expect(result.output.contains("match serin-preview") == (name == "preview"))
    #expect(result.output.contains("match x-beta") == (name == "match"))
  }

  /// With a limit the load of a mirror, and how many requests its step has, follow the limit.
  @Test(.temporaryFolder) func planTellsTheLimitOfCopies() throws {
    let lines = Self.manifest.split(separator: "\n").map { line in
      line.contains("canary:")
        ? "    canary: {steps: [{mirror: 100%, atMostPerSecond: 5, atLeast: 10m, atMost: 20m}, 5%]}"
        : String(line)
    }
    try write(lines.joined(separator: "\n"), to: "ranker.yaml")
    let result = try Command("plan", "ranker.yaml", "--requests-per-second", "50")
    #expect(
      result.output.contains(
        "copies of up to 100% of the requests, and at most 5 a second: so much more load"))
    #expect(result.output.contains("2949 to 5898"), "\(result.output)")
  }

  /// The hours of a mirror are told, and no rollout is made to wait for them.
  @Test(.temporaryFolder) func planTellsTheHoursOfCopies() throws {
    let mirror =
      "{mirror: 100%, atLeast: 10m, atMost: 20m, hours: {from: \"22:00\", to: \"06:00\"}}"
    let lines = Self.manifest.split(separator: "\n").map { line in
      line.contains("canary:") ? "    canary: {steps: [\(mirror), 5%]}" : String(line)
    }
    try write(lines.joined(separator: "\n"), to: "ranker.yaml")
    let result = try Command("plan", "ranker.yaml", "--requests-per-second", "50")
    let told =
      "Requests are copied at certain hours alone: step 1 from 22:00 to 06:00 UTC. Outside them"
    #expect(result.output.contains(told), "\(result.output)")
    try write(
      lines.joined(separator: "\n").replacing(#", hours: {from: "22:00", to: "06:00"}"#, with: ""),
      to: "always.yaml")
    let always = try Command("plan", "always.yaml", "--requests-per-second", "50")
    let paragraphs = result.output.split(separator: "\n\n").filter { !$0.hasPrefix("Requests are") }
    #expect(paragraphs == always.output.split(separator: "\n\n"))
  }

  /// A window that a step has of its own is told, and simulated rollouts wait in that step alone.
  @Test(.temporaryFolder) func stepsHaveWindows() throws {
    let step = "{weight: 10%, analysis: {minRequests: 50000, noDataAfter: 5m}}"
    try write(
      Self.manifest.replacing("steps: [10%, 50%]", with: "steps: [\(step), 50%]"),
      to: "ranker.yaml")
    let plan = try Command("plan", "ranker.yaml", "--requests-per-second", "50")
    let told =
      "Steps with a window of their own: step 1 takes 50000 requests or more and has no data after 5m without one. "
      + "In all else that window is of 200 requests or more, and there is no data after 1m without one."
    #expect(plan.output.contains(told), "\(plan.output)")
    let result = try Command(
      "simulate", "ranker.yaml", "--rollouts", "3", "--requests-per-second", "50")
    #expect(result.output.contains("still open   3 "), "\(result.output)")
    // What was counted elsewhere is judged by the first step, too.
    let looks = Array(repeating: "300, 2700, 0, 3, 0, 3", count: 150).joined(separator: "\n")
    let names =
      "candidate_requests,stable_requests,candidate_errors,stable_errors,candidate_latency-p99,stable_latency-p99"
    try write("\(names)\n\(looks)", to: "counts.csv")
    let counted = try Command("simulate", "ranker.yaml", "--counts", "counts.csv")
    try write(Self.manifest, to: "usual.yaml")
    let usual = try Command("simulate", "usual.yaml", "--counts", "counts.csv")
    #expect(usual.output.contains("promote") && !counted.output.contains("promote"))
  }

  /// What the runtime of a Controller file does not do is refused before anything is simulated, all of it at once; one
  /// that the file does not have is named beside those that it has.
  @Test(.temporaryFolder) func planRefusesWhatAClusterDoesNot() throws {
    try write(
      """
      apiVersion: serin.dev/v1alpha1
      kind: Controller
      metadata: {name: c}
      spec:
        source: {url: /srv/models.git}
        runtimes:
          - name: prod
            kubernetes: {gateways: [{name: models, namespace: gateways}], image: serin}
      """, to: "controller.yaml")
    let refused = Self.manifest.replacing(
      "{steps: [10%", with: "{affinity: {header: x}, steps: [10%"
    )
    .replacing("  bake: 10m", with: "  bake: 10m\n  slices: {by: {header: x-tenant}}")
    try write(refused, to: "ranker.yaml")
    try write(refused + "\n  runtime: lab", to: "lab.yaml")
    let transcripts = try ["ranker", "lab"].map { name in
      let words = ["plan", "\(name).yaml", "--config", "controller.yaml"]
      return try Command(words).transcript(of: "serin \(words.joined(separator: " "))")
    }
    try expectGolden(transcripts.joined(), "plan-refused.txt")
  }

  /// Without a rate one is assumed, and that is said.
  @Test(.temporaryFolder) func planAssumesARate() throws {
    try write(Self.manifest + "\n  analysis: {interval: 30s}", to: "ranker.yaml")
    let result = try Command("plan", "ranker.yaml")
    #expect(
      result.output.contains(
        "50 requests per second are assumed: give yours with --requests-per-second."))
    let given = try Command("plan", "ranker.yaml", "--requests-per-second", "50")
    #expect(given.status == 0 && !given.output.contains("assumed"))
    #expect(
      result.output.hasSuffix(
        given.output.split(separator: "\n\n").dropFirst().joined(separator: "\n\n")))
  }

  /// Inputs are not made up, and no rollout waits for them here; predictions are, as the profile has them.
  @Test(.temporaryFolder) func predictionsAreSimulated() throws {
    let examples = URL(filePath: #filePath).appending(path: "../../../../examples").standardized
    let manifest = examples.appending(path: "drift.yaml").path
    let result = try Command("plan", manifest, "--requests-per-second", "50")
    #expect(result.output.contains("40 of 40 healthy rollouts promoted"), "\(result.output)")
    #expect(result.errors.hasPrefix("note: the drift of inputs is left out"))
    #expect(result.output.contains("samples of the candidate; the steps give"))
    let slow = try Command("plan", manifest, "--requests-per-second", "0.2")
    #expect(slow.output.contains("the steps are too short for the predictions gate"))
  }

  /// What of a manifest no simulation knows is said by both commands.
  @Test(
    .temporaryFolder,
    arguments: [
      ("slices.yaml", "Up to 20 values of x-tenant are judged by themselves as well"),
      ("slices-by-input.yaml", "Up to 30 values of input country are judged by themselves"),
      ("ab-test-arms.yaml", "Tried together: "),
    ])
  func whatIsLeftOutIsSaid(example: String, remark: String) throws {
    let examples = URL(filePath: #filePath).appending(path: "../../../../examples").standardized
    let manifest = examples.appending(path: example).path
    let plan = try Command("plan", manifest, "--requests-per-second", "50")
    #expect(plan.output.contains("\n\(remark)"), "\(plan.output)")
    let simulated = try Command("simulate", manifest, "--requests-per-second", "50", "--for", "5m")
    #expect(simulated.errors.contains("note: \(remark)"), "\(simulated.errors)")
    #expect(simulated.status == 0)
  }

  /// The same counts as CSV and as JSON lines.
  @Test(.temporaryFolder) func recordedCounts() throws {
    try write(Self.manifest, to: "ranker.yaml")
    let names = [
      "candidate_requests", "stable_requests", "candidate_errors", "stable_errors",
      "candidate_latency-p99", "stable_latency-p99",
    ]
    let looks = (0..<40).map { look in [50, 450, look > 20 ? 20 : 0, 2, 0, 3] }
    let rows = looks.map { $0.map(String.init).joined(separator: ", ") }
    try write(([names.joined(separator: ",")] + rows).joined(separator: "\n"), to: "counts.csv")
    let objects = looks.map { look in
      "{" + zip(names, look).map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }
    try write(objects.joined(separator: "\n"), to: "counts.jsonl")
    let csv = try Command("simulate", "ranker.yaml", "--counts", "counts.csv")
    try expectGolden(
      csv.transcript(of: "serin simulate ranker.yaml --counts counts.csv"), "simulate-counts.txt")
    let json = try Command("simulate", "ranker.yaml", "--counts", "counts.jsonl")
    #expect(json.output == csv.output)
  }

  @Test(
    .temporaryFolder,
    arguments: [
      ("candidate_requests\n5", "counts.csv:2: no whole number in the column candidate_errors"),
      ("a,b\n5", "counts.csv:2: 1 columns under a header of 2"),
      ("{\"a\": 0.5}", "counts.csv:1: not a JSON object of integers and text"),
      (
        "{\"candidate_requests\": 1, \"candidate_errors\": 2}",
        "counts.csv:1: candidate_errors is 2 of 1 requests"
      ),
      (
        "{\"candidate_requests\": 9007199254740993, \"candidate_errors\": 2}",
        "counts.csv:1: candidate_errors is 2 of 9007199254740993 requests"
      ),
      (
        "{\"candidate_requests\": -1, \"candidate_errors\": -1}",
        "counts.csv:1: candidate_errors is -1 of -1 requests"
      ),
      ("", "counts.csv: both revisions need requests"),
    ])
  func wrongCounts(text: String, message: String) throws {
    try write(Self.manifest, to: "ranker.yaml")
    try write(text, to: "counts.csv")
    let result = try Command("simulate", "ranker.yaml", "--counts", "counts.csv")
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test(
    .temporaryFolder,
    arguments: [
      (["--candidate", "erors=5%"], "its checks: errors, latency-p99"),
      (["--deployment", "other"], "ranker.yaml holds default/ranker"),
      (["--requests-per-second", "0"], "0.0 requests per second cannot be simulated"),
      (["--requests-per-second", "1e30"], "cannot be simulated"),
      (["--requests-per-second", "nan"], "cannot be simulated"),
    ])
  func wrongOptions(options: [String], message: String) throws {
    try write(Self.manifest, to: "ranker.yaml")
    let result = try Command(["simulate", "ranker.yaml"] + options)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  private func file(_ name: String) -> URL { TemporaryFolder.current.appending(path: name) }

  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: file(name))
  }

  static let manifest = """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: ranker}
    spec:
      model: {version: "3", uri: file:///models/ranker/3, format: sklearn}
      strategy:
        canary: {steps: [10%, 50%], atLeast: 5m, atMost: 10m}
      slos:
        - errors: {below: 1%}
        - latency: {percentile: 99, below: 250ms}
      bake: 10m
    """
}
