package import Rollouts

/// What there is to see of one deployment at one moment.
package struct DeploymentReport: Equatable, Sendable {
  package let name: DeploymentName
  /// The runtime that the manifest names; nil for the first.
  package let runtime: String?
  /// The version that the manifest asks for; nil once it is gone.
  package let wanted: String?
  package let position: Position
  /// The versions; nil where there is none.
  package let stable: String?
  package let candidate: String?
  /// The requests that were answered since the last decision.
  package let exposure: Exposure
  package let isHeld: Bool
  package let isAlerting: Bool
  package let generation: Int
  /// The last decisions of this life, oldest first.
  package let told: [ToldDecision]

  package init(
    name: DeploymentName, runtime: String? = nil, wanted: String?, position: Position,
    stable: String?, candidate: String?, exposure: Exposure = Exposure(), isHeld: Bool = false,
    isAlerting: Bool = false, generation: Int, told: [ToldDecision] = []
  ) {
    self.name = name
    self.runtime = runtime
    self.wanted = wanted
    self.position = position
    self.stable = stable
    self.candidate = candidate
    self.exposure = exposure
    self.isHeld = isHeld
    self.isAlerting = isAlerting
    self.generation = generation
    self.told = told
  }
}

/// A decision, as far as people are told of it.
package struct ToldDecision: Equatable, Sendable {
  /// Grows with each decision of this life.
  package let number: Int
  package let verdict: Decision.Verdict
  package let version: String?
  package let sentence: String
  package let at: Instant

  package init(
    number: Int, verdict: Decision.Verdict, version: String?, sentence: String, at: Instant
  ) {
    self.number = number
    self.verdict = verdict
    self.version = version
    self.sentence = sentence
    self.at = at
  }
}
