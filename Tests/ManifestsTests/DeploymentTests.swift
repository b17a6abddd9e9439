import Analysis
import Manifests
import Rollouts
import Testing

/// What manifests that are right decode to.
@Suite struct DeploymentTests {
  @Test func defaults() throws {
    let file = ManifestText().file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let deployment = try #require(file.deployments.first?.deployment)
    #expect(deployment.name == DeploymentName(namespace: "default", name: "ranker"))
    #expect(deployment.runtime == nil)
    #expect(!deployment.suspended)
    #expect(deployment.strategy.kind == .canary)
    #expect(deployment.strategy.steps.map(\.route.share.value) == [50, 250, 500])
    #expect(deployment.strategy.steps.allSatisfy { $0.atLeast == .seconds(300) })
    #expect(deployment.strategy.steps.allSatisfy { $0.atMost == .seconds(600) })
    #expect(deployment.objectives == [.errors(below: Ratio(perMillion: 10_000))])
    #expect(deployment.bake == .seconds(1800))
    #expect(deployment.prepareWithin == .seconds(600))
    #expect(
      deployment.analysis
        == AnalysisSettings(
          confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 200,
          onNoData: .hold, onInconclusive: .hold, noDataAfter: .seconds(60)))
  }

  /// Which times a step has, by what is written for it and for the canary.
  @Test(arguments: [
    ("steps: [5%]", 300, 600),
    ("atLeast: 1m, steps: [5%]", 60, 600),
    ("atLeast: 1h, steps: [5%]", 3600, 7200),
    ("atMost: 1m, steps: [5%]", 60, 60),
    ("atMost: 1h, steps: [5%]", 300, 3600),
    ("atLeast: 1m, atMost: 1h, steps: [{weight: 5%, atLeast: 2m}]", 120, 3600),
    ("atLeast: 1m, steps: [{weight: 5%, atMost: 2m}]", 60, 120),
    ("steps: [{weight: 5%, atLeast: 0s, atMost: 0s}]", 0, 0),
  ])
  func stepTimes(canary: String, atLeast: Int, atMost: Int) throws {
    let file = ManifestText(spec: "  strategy: {canary: {\(canary)}}").file
    let step = try #require(file.deployments.first?.deployment.strategy.steps.first)
    #expect(step.atLeast == .seconds(atLeast))
    #expect(step.atMost == .seconds(atMost))
  }

  @Test(
    arguments: [
      ("independent", .independent), ("interval", .interval), ("robust", .robust),
      ("{clustered: 8}", .clustered(8)), ("matched", .matched),
    ] as [(String, Dependence)])
  func dependence(written: String, read: Dependence) {
    let file = ManifestText(spec: "  analysis: {dependence: \(written)}").file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    #expect(file.deployments.first?.deployment.analysis.dependence == read)
  }

  /// What a candidate gets, step by step, and what follows.
  @Test(
    arguments: [
      ("shadow: {}", ["mirror 100", "50", "250", "500"], .promote),
      ("shadow: {mirror: 100%, then: promote}", ["mirror 1000"], .promote),
      ("shadow: {mirror: 0.5%, then: hold}", ["mirror 5"], .hold),
      ("canary: {steps: [{mirror: 20%}, 5%]}", ["mirror 200", "50"], .promote),
      (
        "canary: {steps: [{mirror: 20%}, {mirror: 100%}]}", ["mirror 200", "mirror 1000"], .promote
      ),
      (
        "canary: {steps: [{match: {header: X-Beta, value: true}}, 5%]}", ["x-beta: true", "50"],
        .promote
      ), ("blueGreen: {}", [], .promote), ("blueGreen: null", [], .promote),
      ("blueGreen: {preview: {}}", ["serin-preview: true"], .promote),
      (
        "abTest: {affinity: {header: x-user}, goal: {metric: sold}, split: 30%, "
          + "match: {header: X-Variant, value: b}}", ["300 by x-variant: b"], .promote
      ),
      ("blueGreen: {preview: {then: hold}}", ["serin-preview: true"], .hold),
    ] as [(String, [String], Strategy.AtEnd)])
  func routes(written: String, routes: [String], atEnd: Strategy.AtEnd) throws {
    let file = ManifestText(spec: "  strategy: {\(written)}").file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let strategy = try #require(file.deployments.first?.deployment.strategy)
    let read = strategy.steps.map { step in
      switch step.route {
      case .mirror(let weight): "mirror \(weight.value)"
      case .match(let match): "\(match.header): \(match.value)"
      case .split(let weight): "\(weight.value)"
      case .drawn(let match, let weight): "\(weight.value) by \(match.header): \(match.value)"
      }
    }
    #expect(read == routes)
    #expect(strategy.atEnd == atEnd)
  }

  /// A limit of copies is of its mirror alone.
  @Test(
    arguments: [
      ("shadow: {mirror: 100%, atMostPerSecond: 50}", [50, nil, nil, nil]),
      (
        "canary: {steps: [{mirror: 20%, atMostPerSecond: 5}, {mirror: 100%}, 5%]}", [5, nil, nil]
      ),
    ] as [(String, [Int?])])
  func copiesAreLimited(written: String, limits: [Int?]) throws {
    let file = ManifestText(spec: "  strategy: {\(written)}").file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let steps = try #require(file.deployments.first?.deployment.strategy.steps)
    #expect(steps.map(\.atMostPerSecond) == limits)
  }

  /// Hours are of their mirror alone, by a clock that is so far from UTC.
  @Test(
    arguments: [
      (
        #"shadow: {mirror: 50%, hours: {from: "22:00", to: "06:00"}}"#,
        ["22:00 06:00 nil", nil, nil, nil]
      ),
      (
        "canary: {steps: [{mirror: 1%}, {mirror: 20%, hours: {from: 08:30, to: 00:00, offset: -03:30}}, 5%]}",
        [nil, "08:30 00:00 -210", nil]
      ),
    ] as [(String, [String?])])
  func copiesHaveHours(written: String, hours: [String?]) throws {
    let file = ManifestText(spec: "  strategy: {\(written)}").file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let steps = try #require(file.deployments.first?.deployment.strategy.steps)
    let read = steps.map { step in
      step.hours.map { "\($0.from) \($0.to) \($0.offset.map { "\($0.minutes)" } ?? "nil")" }
    }
    #expect(read == hours)
  }

  /// What is promised in one step is an objective of that step, beside those of all.
  @Test func stepsHaveObjectives() throws {
    let steps =
      "[{mirror: 20%, slos: [{disagreement: {below: 1%}}]}, {weight: 5%, slos: [{errors: {below: 0.5%}}]}]"
    let file = ManifestText(spec: "  strategy: {canary: {steps: \(steps)}}").file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let deployment = try #require(file.deployments.first?.deployment)
    #expect(
      deployment.objectives.map(\.name) == ["errors", "disagreement@mirror-20%", "errors@5%"])
    #expect(
      deployment.objectives.map(\.during) == [nil] + deployment.strategy.steps.map(\.route))
    #expect(deployment.objectives.map(\.kind) == ["errors", "disagreement", "errors"])
  }

  @Test func theExpectedAnswer() throws {
    var text = ManifestText()
    text.model["smoke"] =
      "{request: '{\"inputs\": [1]}', answer: ' \(ManifestText.answer) ', outputs: {class: exact}}"
    #expect(text.file.diagnostics.isEmpty, "\(text.file.rendering)")
    let model = try #require(text.file.deployments.first?.deployment.revision.model)
    let expected = ExpectedAnswer(
      body: ManifestText.answer, agreement: Agreement(outputs: ["class": .exact]))
    #expect(model.answer == expected)
    #expect(
      model.canonicalForm.contains(
        "answer 92:close 1e-08 1e-05; 5:class exact\n\(ManifestText.answer)\n"),
      "\(model.canonicalForm)")
  }

  /// By what clients stay with a model.
  @Test(
    arguments: [
      ("canary: {steps: [5%]}", nil),
      ("canary: {steps: [5%], affinity: {header: X-User-Id}}", .header(name: "x-user-id")),
      (
        "canary: {steps: [5%], affinity: {json: parameters.User_id}}",
        .json(path: ["parameters", "User_id"])
      ), ("canary: {steps: [5%], affinity: {json: user}}", .json(path: ["user"])),
      (
        "{canary: {steps: [5%], affinity: {cookie: Session}}, revertAt: once}",
        .cookie(name: "Session")
      ),
    ] as [(String, Affinity?)])
  func affinity(written: String, read: Affinity?) throws {
    let strategy = written.hasPrefix("{") ? written : "{\(written)}"
    let file = ManifestText(spec: "  strategy: \(strategy)").file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let decoded = try #require(file.deployments.first?.deployment.strategy)
    #expect(decoded.affinity == read)
  }

  /// What names the slice of a request.
  @Test(
    arguments: [
      ("{header: X-Tenant}", .header(name: "x-tenant")), ("{cookie: Plan}", .cookie(name: "Plan")),
      ("{json: parameters.Tenant}", .json(path: ["parameters", "Tenant"])),
      ("{input: tenant}", .input(name: "tenant")), ("{input: 7}", .input(name: "7")),
      ("{input: \"tenant.id [EU]\"}", .input(name: "tenant.id [EU]")),
    ] as [(String, SliceKey)])
  func sliceKeys(written: String, read: SliceKey) throws {
    let file = ManifestText(spec: "  slices: {by: \(written)}").file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    #expect(file.deployments.first?.deployment.slices == Slices(by: read, worst: 20))
  }

  @Test(
    arguments: [
      ("below: 2%", .standard),
      ("below: 2%, usual: exact", Agreement(usual: .exact)),
      (
        "below: 2%, outputs: {score: {close: {absolute: 0.01}}, probabilities: argMax, top: {rank: 3}}",
        Agreement(outputs: [
          "score": .close(absolute: 0.01, relative: 0), "probabilities": .argMax,
          "top": .rank(first: 3),
        ])
      ),
    ] as [(String, Agreement)])
  func agreements(written: String, read: Agreement) {
    let file = ManifestText(
      spec: "  strategy: {shadow: {}}\n  slos: [{disagreement: {\(written)}}]"
    ).file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let promise = Objective.Promise.disagreement(below: Ratio(perMillion: 20_000), by: read)
    #expect(file.deployments.first?.deployment.objectives.map(\.promise) == [promise])
  }

  @Test(arguments: ["blueGreen", "recreate"], ["", " {}", " ~"])
  func strategyWithoutSettings(name: String, value: String) throws {
    let file = ManifestText(spec: "  strategy:\n    \(name):\(value)").file
    let strategy = try #require(file.deployments.first?.deployment.strategy)
    #expect(strategy.kind.rawValue == name)
    #expect(strategy.steps.isEmpty)
  }

  @Test(
    arguments: [
      ("  bake: 1m", .tryRejected), ("  whenNothingServes: tryRejected", .tryRejected),
      ("  whenNothingServes: alert", .alert),
    ] as [(String, WhenNothingServes)])
  func whenNothingServes(written: String, read: WhenNothingServes) {
    let file = ManifestText(spec: written).file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    #expect(file.deployments.first?.deployment.whenNothingServes == read)
  }

  /// How the version before the present one comes back.
  @Test(
    arguments: [
      ("", .steps), (", revertAt: steps", .steps), (", revertAt: once", .once),
    ] as [(String, Strategy.RevertAt)])
  func revertAt(written: String, read: Strategy.RevertAt) {
    let file = ManifestText(spec: "  strategy: {canary: {steps: [5%]}\(written)}").file
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    #expect(file.deployments.first?.deployment.strategy.revertAt == read)
    #expect(file.deployments.first?.deployment.strategy.steps.count == 1)
  }

  /// A version is text, whatever YAML would make of it.
  @Test(arguments: [
    ("8", "8"), ("\"8\"", "8"), ("1.0", "1.0"), ("2026-03-01", "2026-03-01"), ("true", "true"),
    ("0x1F", "0x1F"), ("v8-rc.1", "v8-rc.1"), ("'版本'", "版本"),
  ])
  func version(written: String, read: String) throws {
    var manifest = ManifestText()
    manifest.model["version"] = written
    #expect(manifest.file.deployments.first?.deployment.revision.model.version == read)
  }

  @Test func documentsOfOtherToolsArePassedOver() {
    let other = "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n---\n"
    let mixed = decodeManifests(Array((other + ManifestText().text).utf8), path: "x.yaml")
    #expect(mixed.deployments.map(\.line) == [5])
    #expect(mixed.diagnostics.isEmpty)
    for text in [other, "", "# nothing\n", "a: &x 1\nb: *x\n", "{{ helm }}: [", "\u{1B}\0"] {
      let file = decodeManifests(Array(text.utf8), path: "x.yaml")
      #expect(file.isForeign && file.deployments.isEmpty && file.diagnostics.isEmpty)
    }
  }

  /// One error keeps back the whole file, but not what it is about.
  @Test func fileHoldsOrFallsAsAWhole() {
    let wrong = ManifestText().text.replacing("ranker}", with: "other}").replacing(
      "sklearn", with: "nonsense")
    let file = decodeManifests(
      Array((ManifestText().text + "\n---\n" + wrong).utf8), path: "x.yaml")
    #expect(file.deployments.isEmpty)
    #expect(file.names.map(\.name) == ["ranker", "other"])
    #expect(file.diagnostics.count == 1)
  }

  @Test func byteOrderMarkAndWindowsLineEndsAreRead() {
    let text = "\u{FEFF}" + ManifestText().text.replacing("\n", with: "\r\n")
    let file = decodeManifests(Array(text.utf8), path: "x.yaml")
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    #expect(file.deployments.count == 1)
  }
}
