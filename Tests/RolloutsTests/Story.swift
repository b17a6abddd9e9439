import Analysis
import Profiles
import Rollouts
import Testing
import Wording

/// Runs a script against one rollout and writes down what happens.
///
///     manifest v2 canary 5%,50% bake=60s      what the repository asks for from now on
///     manifest v2 canary 5%,50% matched        the same, compared with a baseline
///     manifest v2 canary 5%,50% digest=aa      the same of an artifact that has a digest
///     remove | broken                          the manifest is gone, or wrong
///     runtime v2 failed digest mismatch        overrides what the runtime says of a revision
///     manifest v1 canary 5%,50% whenNothingServes=alert   the same, and a rejected one is not tried again
///     manifest v1 canary 5%,50% revertAt=once  the same, and the version before stable comes back at once
///     died v2 signal 9 last words              its server ended by itself, and is there again
///     look 5s v1=238/0 v2=12/3                 time passes; requests/errors(/slow) of each revision
///     3 looks 5s v1=238/0 v2=12/3              the same three times
///     unpublished | published                  whether risk may grow
///
/// A manifest with `predictions=rollback`, `inputs=hold` or `outputs=alert` watches drift against a profile of one
/// feature (`amount`: below 10, to 100, 100 or more; 60, 30 and 10 of 100) and one output (`class`: no,
/// yes); `contract` and `labels` promise 10% each, and `profile=NAME` declares another contract. Looks
/// then have samples: `v2=100/0@60,30,10|70,30@2@5/40`, the hits of the feature's and the output's bins,
/// bad outputs, and wrong ones of so many labels (2.5 when five are wrong by half); `@lost` when some were dropped on the way.
///
/// `canary m20%,5%` begins with a mirror of 20%, and `then=hold` ends with the steps; `disagreement` promises
/// that at most 2% of the answers differ from stable's, and `v2=100/0~90/3` says that of 90 pairs 3 do.
/// With `hours=22:00-06:00` it copies at these hours alone; a story begins at midnight.
///
/// `abTest 50%` is decided on the goal "conversion", or `abTest 50% lower` on having fewer of it; `v2=100/0!60/9`
/// says that 60 entities came and 9 reached it.
/// With `drawn` it is others who give so many entities the header `x-variant: b`.
/// `abTest 25% arms=v3,v4` tries these beside the version of the manifest, each with so many.
/// `canary hx-beta,5%` begins with those who send the header `x-beta: true`, and `blueGreen preview` with a preview.
///
/// `latency@5%` promises the latency in the step of 5% alone, `disagreement@m20%` the answers in that of the mirror.
/// `minRequests@5%=500` and `noDataAfter@5%=20s` are the window of that step.
///
/// `slices` or `slices=3` judges tenants by themselves, so many of them at most; `v2=100/2+acme=40/2/1+=60/0` says that of
/// 40 captured requests of acme 2 were errors and 1 was slow, and of 60 others none.
///
/// The baseline that is a copy of v1 is b1, both in scripts and in transcripts.
/// Unless overridden, the runtime makes every plan so by the next look.
struct Story {
  private(set) var rollout = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
  private(set) var transcript = ""
  private var now = Instant(milliseconds: 0)
  private var desired = Desired.unchanged
  private var overrides: [Revision.ID: Readiness] = [:]
  private var crashes: [Revision.ID: Crash] = [:]
  private var restrictions: Set<Restriction> = []
  private var plan: Plan { rollout.plan }

  static func run(_ script: String) -> Story {
    var story = Story()
    for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") || line.isEmpty {
        story.transcript += line + "\n"
      } else {
        story.transcript += "> \(line)\n"
        story.perform(line.split(separator: " ").map(String.init))
      }
    }
    return story
  }

  private mutating func perform(_ words: [String]) {
    switch words[0] {
    case "manifest": desired = .deployment(Self.deployment(words))
    case "remove": desired = .removed
    case "broken": desired = .unchanged
    case "unpublished": restrictions = [.unpublished]
    case "published": restrictions = []
    case "runtime": override(words)
    case "died": crash(words)
    case "look": look(words)
    default:
      guard let count = Int(words[0]), words.count > 1, words[1] == "looks" else {
        return Self.refuse(words[0], "no verb of a story")
      }
      for _ in 0..<count { look(Array(words.dropFirst())) }
    }
  }

  private mutating func override(_ words: [String]) {
    let text = words.dropFirst(3).joined(separator: " ")
    overrides[Self.id(words[1], baseline: rollout.baseline)] =
      switch words[2] {
      case "failed": .failed(text)
      case "preparing": .preparing(text)
      case "absent": .absent
      case "ready": .ready
      default: Self.refused(words[2], "no state of a runtime", .ready)
      }
  }

  private mutating func crash(_ words: [String]) {
    let id = Self.id(words[1], baseline: rollout.baseline)
    let number = Int(words[3])
    crashes[id] = Crash(
      count: (crashes[id]?.count ?? 0) + 1, at: now, exitCode: words[2] == "exit" ? number : nil,
      signal: words[2] == "signal" ? number : nil, isOutOfMemory: words[4...].contains("oom"),
      detail: words[4...].joined(separator: " "))
  }

  private mutating func look(_ words: [String]) {
    let before = plan
    now = now.advanced(by: Self.duration(words[1]))
    let decision = rollout.advance(observation(Array(words.dropFirst(2))))
    guard decision != nil || plan != before else { return }
    if let decision {
      let subject = decision.revision.map { " v\($0.model.version)" } ?? ""
      transcript +=
        "  \(now.milliseconds / 1000)s \(decision.verdict)\(subject): \(decision.sentence)\n"
      transcript += "      \(decision.from.words) -> \(decision.to.words)\n"
    }
    if plan != before { transcript += "      \(description(of: plan))\n" }
  }

  func observation(_ counts: [String]) -> Observation {
    var readiness = overrides
    for revision in plan.loaded where overrides[revision.id] == nil {
      readiness[revision.id] = .ready
    }
    return Observation(
      now: now, desired: desired, readiness: readiness, crashes: crashes,
      generationInForce: rollout.generation,
      counts: Self.counts(counts, baseline: rollout.baseline), restrictions: restrictions)
  }

  private func description(of plan: Plan) -> String {
    let names = Dictionary(uniqueKeysWithValues: plan.loaded.map { ($0.id, name(of: $0)) })
    let loaded = plan.loaded.map(name).joined(separator: " ")
    let shares = plan.shares.map { "\($0.weight) \(names[$0.revision] ?? "?")" }
    return "loaded \(loaded.isEmpty ? "nothing" : loaded); "
      + "traffic \(shares.isEmpty ? "refused" : shares.joined(separator: ", "))"
      + (plan.mirror.map { "; copies of \($0.weight) to \(names[$0.revision] ?? "?")" } ?? "")
      + (plan.match.map { "; \($0.when.words) to \(names[$0.revision] ?? "?")" } ?? "")
  }

  private func name(of revision: Revision) -> String {
    (revision.id == rollout.baseline?.id ? "b" : "v") + revision.model.version
  }

  private static func id(_ name: String, baseline: Revision?) -> Revision.ID {
    if let baseline, name == "b\(baseline.model.version)" { return baseline.id }
    return revision(name).id
  }

  static func counts(_ words: [String], baseline: Revision? = nil) -> [Revision.ID: Counts]? {
    guard words != ["unreadable"] else { return nil }
    return Dictionary(
      uniqueKeysWithValues: words.map { word in
        let sliced = word.split(separator: "+", omittingEmptySubsequences: false)
        let entities = sliced[0].split(separator: "!")
        let halves = entities[0].split(separator: "~")
        let parts = halves[0].split(separator: "@")
        let (version, text) = (parts[0].split(separator: "=")[0], parts[0].split(separator: "=")[1])
        let numbers = text.split(separator: "/").map { Int($0) ?? 0 } + [0]
        let slow = numbers[2 > numbers.count - 1 ? numbers.count - 1 : 2]
        let latency = Histogram(edges: [250], counts: [numbers[0] - slow, slow])
        let counts = Counts(
          requests: numbers[0], errors: numbers[1], latency: latency,
          samples: samples(
            parts.dropFirst().map(String.init), pairs: pairs(halves.dropFirst().first),
            entities: self.entities(entities.dropFirst().first)
          ).map { $0.with(slices(sliced.dropFirst())) }
            ?? slices(sliced.dropFirst()).map {
              SampleCounts(requests: 0, slices: $0, features: [], outputs: [])
            })
        return (id(String(version), baseline: baseline), counts)
      })
  }

  private static func pairs(_ text: Substring?) -> SampleCounts.Pairs? {
    let numbers = (text ?? "").split(separator: "/").compactMap { Int($0) }
    return numbers.count == 2 ? .init(compared: numbers[0], differing: numbers[1]) : nil
  }

  private static func entities(_ text: Substring?) -> SampleCounts.Entities? {
    let numbers = (text ?? "").split(separator: "/").compactMap { Int($0) }
    return numbers.count == 2 ? .init(seen: numbers[0], reached: numbers[1]) : nil
  }

  private static func slices(_ words: ArraySlice<Substring>) -> SlicedCounts? {
    if words.isEmpty { return nil }
    var rows: [(name: String, row: [Int])] = words.map { word in
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      let numbers = parts[1].split(separator: "/").map { Int($0) ?? 0 } + [0]
      return (String(parts[0]), [numbers[0], numbers[1], numbers[0] - numbers[2], numbers[2]])
    }
    let others =
      rows.firstIndex { $0.name.isEmpty }.map { rows.remove(at: $0).row } ?? [0, 0, 0, 0]
    return SlicedCounts.Shape(names: rows.map(\.name), edges: [250]).flatMap {
      SlicedCounts(shape: $0, integers: others + rows.flatMap(\.row))
    }
  }

  private static func samples(
    _ parts: [String], pairs: SampleCounts.Pairs?, entities: SampleCounts.Entities?
  ) -> SampleCounts? {
    if let entities {
      return SampleCounts(requests: 0, entities: entities, features: [], outputs: [])
    }
    guard let bins = parts.first else {
      return pairs.map { .init(requests: $0.compared, pairs: $0, features: [], outputs: []) }
    }
    func numbers(_ text: some StringProtocol, _ separator: Character) -> [Int] {
      text.split(separator: separator).map { Int($0) ?? 0 }
    }
    let columns = bins.split(separator: "|").map { numbers($0, ",") }
    guard columns.count == 2 else {
      return SampleCounts(
        requests: 0, dropped: 1, features: [[0, 0, 0, 0]], outputs: [[0, 0, 0, 0]])
    }
    let labels = (parts.count > 2 ? parts[2] : "0/0").split(separator: "/").map { Double($0) ?? 0 }
    return SampleCounts(
      requests: columns[0].reduce(0, +), badOutputs: parts.count > 1 ? Int(parts[1]) ?? 0 : 0,
      labelled: Int(labels[1]), wrong: Int((labels[0] * 1_000_000).rounded()), pairs: pairs,
      features: [columns[0] + [0]],
      outputs: [columns[1] + [0, 0]])
  }

  /// What a manifest may say beside what is read in its own place.
  private static let options: Set = [
    "matched", "drawn", "suspended", "digest", "profile", "revertAt", "whenNothingServes",
    "predictions", "inputs", "outputs", "atLeast", "atMost", "then", "affinity", "lower", "preview",
    "slices", "hours", "arms", "minRequests", "noDataAfter",
  ]

  /// A word that was mistyped must not make another story of it.
  private static func refuse(_ word: String, _ why: String) {
    Issue.record("\"\(word)\" is \(why)")
  }

  private static func refused<Value>(_ word: String, _ why: String, _ value: Value) -> Value {
    refuse(word, why)
    return value
  }

  /// A word that is one of a closed list.
  private static func word<Word: RawRepresentable<String>>(_ text: String, _ other: Word) -> Word {
    Word(rawValue: text) ?? refused(text, "no \(Word.self)", other)
  }

  private static func drift(_ words: [String]) -> DriftSettings? {
    func gate(_ key: String) -> DriftSettings.Gate? {
      words.first { $0.hasPrefix(key) }
        .flatMap { DriftSettings.Action(rawValue: String($0.dropFirst(key.count))) }
        .map {
          .init(
            tolerance: Ratio(perMillion: 250_000), action: $0,
            notice: key == "predictions=" ? Ratio(perMillion: 200_000) : nil)
        }
    }
    let (predictions, inputs, outputs) = (gate("predictions="), gate("inputs="), gate("outputs="))
    guard predictions != nil || inputs != nil || outputs != nil || words.contains("contract") else {
      return nil
    }
    let profile = DataProfile(
      rows: 100_000, source: "train.csv",
      features: [
        ProfileColumn(
          name: "amount", kind: .number(edges: [10, 100]), counts: [60_000, 30_000, 10_000, 0])
      ],
      outputs: [
        ProfileColumn(
          name: "class", kind: .category(values: ["no", "yes"]), counts: [70_000, 30_000, 0, 0])
      ])
    return DriftSettings(
      profile: profile, digest: "sha256:\(self.profile(words) ?? "")",
      sample: .share(PerMille(100)),
      predictions: predictions, inputs: inputs, outputs: outputs, maturity: .seconds(3600))
  }

  private static func profile(_ words: [String]) -> String? {
    words.first { $0.hasPrefix("profile=") }.map { String($0.dropFirst(8)) }
  }

  static func deployment(_ words: [String]) -> Deployment {
    var bake = Duration.seconds(60)
    var warmUp: Int?
    var holdback = PerMille.none
    let dependence = words.contains("matched") ? Dependence.matched : .interval
    var analysis: (AnalysisSettings.OnNoData, AnalysisSettings.OnInconclusive) = (.hold, .hold)
    var objectives = [Objective.errors(below: Ratio(perMillion: 10_000))]
    for word in words.dropFirst(3) {
      let value = word.split(separator: "=").last.map(String.init) ?? ""
      switch word.split(separator: "=")[0] {
      case "bake": bake = duration(value)
      case "holdback": holdback = PerMille((Int(value.dropLast()) ?? 0) * 10)
      case "warmUp": warmUp = Int(value)
      case "onNoData": analysis.0 = Self.word(value, .hold)
      case "onInconclusive": analysis.1 = Self.word(value, .hold)
      case "latency":
        objectives.append(.latency(percentile: Ratio(perMillion: 990_000), below: 250))
      case "contract": objectives.append(Objective(.badOutputs(below: Ratio(perMillion: 100_000))))
      case "disagreement":
        objectives.append(
          Objective(.disagreement(below: Ratio(perMillion: 20_000), by: .standard)))
      case "labels": objectives.append(Objective(.labels(below: Ratio(perMillion: 100_000))))
      case let name where name.hasPrefix("latency@"):
        let promise = Objective.latency(percentile: Ratio(perMillion: 990_000), below: 250)
        objectives.append(promise.during(route(String(name.dropFirst(8)))))
      case let name where name.hasPrefix("disagreement@"):
        let promise = Objective(.disagreement(below: Ratio(perMillion: 20_000), by: .standard))
        objectives.append(promise.during(route(String(name.dropFirst(13)))))
      case let name where options.contains(String(name.prefix { $0 != "@" })): break
      case let name
      where ["canary", "abTest"].contains(words[2])
        && (name.hasSuffix("%") || name.hasPrefix("hx-")):
        break
      default: refuse(word, "no option of a manifest")
      }
    }
    return Deployment(
      name: DeploymentName(namespace: "default", name: "iris"), runtime: "local",
      revision: revision(words[1], profile: profile(words), digest: digest(words)),
      strategy: strategy(words),
      objectives: objectives,
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), dependence: dependence, interval: .seconds(5),
        minRequests: 100, onNoData: analysis.0, onInconclusive: analysis.1,
        noDataAfter: .seconds(60), warmUp: warmUp),
      bake: bake, holdback: holdback, prepareWithin: .seconds(600),
      suspended: words.contains("suspended"),
      whenNothingServes: words.contains("whenNothingServes=alert") ? .alert : .tryRejected,
      drift: drift(words), slices: Slices(ofStory: words), rivals: rivals(words))
  }

  private static func strategy(_ words: [String]) -> Strategy {
    if words[2] == "abTest" { return abTest(words) }
    let revertAt = words.contains("revertAt=once") ? Strategy.RevertAt.once : .steps
    let atMost = words.first { $0.hasPrefix("atMost=") }.map { duration(String($0.dropFirst(7))) }
    let atLeast = words.first { $0.hasPrefix("atLeast=") }.map { duration(String($0.dropFirst(8))) }
    let atEnd = words.contains("then=hold") ? Strategy.AtEnd.hold : .promote
    guard words[2] == "canary" else {
      let preview = Step(
        route: .match(.preview), atLeast: atLeast ?? .seconds(30), atMost: atMost ?? .seconds(120))
      return Strategy(
        kind: word(words[2], .canary), steps: words.contains("preview") ? [preview] : [],
        atEnd: atEnd)
    }
    return Strategy(
      kind: .canary,
      steps: words[3].split(separator: ",").map {
        Step(
          route: route(String($0)), atLeast: atLeast ?? .seconds(30),
          atMost: atMost ?? .seconds(120),
          hours: $0.hasPrefix("m") ? Hours(ofStory: words) : nil,
          analysis: StepAnalysis(ofStory: words, step: $0))
      }, revertAt: revertAt, atEnd: atEnd,
      affinity: words.contains("affinity") ? .header(name: "x-user-id") : nil)
  }

  private static func abTest(_ words: [String]) -> Strategy {
    let split = route(words[3])
    let match = words.contains("drawn") ? HeaderMatch(header: "x-variant", value: "b") : nil
    return Strategy(
      kind: .abTest,
      steps: [
        Step(
          route: match.map { .drawn(by: $0, weight: split.share) } ?? split,
          atLeast: .seconds(30), atMost: .seconds(120),
          analysis: StepAnalysis(ofStory: words, step: words[3]))
      ],
      affinity: .header(name: "x-user-id"),
      goal: Goal(metric: "conversion", better: words.contains("lower") ? .lower : .higher))
  }

  private static func route(_ text: String) -> Route {
    if text.hasPrefix("h"), let match = HeaderMatch(header: "\(text.dropFirst())", value: "true") {
      return .match(match)
    }
    let weight = PerMille((Int(text.drop { $0 == "m" }.dropLast()) ?? 0) * 10)
    return text.hasPrefix("m") ? .mirror(weight: weight) : .split(weight: weight)
  }

  private static func digest(_ words: [String]) -> String? {
    words.first { $0.hasPrefix("digest=") }.map { String($0.dropFirst(7)) }
  }

  static func revision(
    _ version: String, profile: String? = nil, digest: String? = nil
  ) -> Revision {
    Revision(
      id: Revision.ID("r-\(version)"),
      model: Model(
        version: String(version.dropFirst()), uri: "file:///models/\(version)", digest: digest,
        format: "sklearn", smoke: nil, retry: 0, profile: profile))
  }

  private static func duration(_ text: String) -> Duration {
    guard text.hasSuffix("s"), let seconds = Int(text.dropLast()) else {
      return refused(text, "no time in seconds", .zero)
    }
    return .seconds(seconds)
  }
}
