package import Profiles

/// How drift is watched, and what it does.
///
/// As a deployment it is one reference.
@dynamicMemberLookup
package struct DriftSettings: Equatable, Sendable, Codable {
  /// From the mildest to the strictest.
  package enum Action: String, Sendable, Codable, CaseIterable { case alert, hold, rollback }

  /// One question, and what happens when it is answered.
  package struct Gate: Equatable, Sendable, Codable {
    /// How far the odds of each bin may move.
    package let tolerance: Ratio
    package let action: Action
    /// The share of the predictions whose move must be excluded before a candidate gets all traffic;
    /// nil where nothing waits for that.
    package let notice: Ratio?

    package init(tolerance: Ratio, action: Action, notice: Ratio? = nil) {
      self.tolerance = tolerance
      self.action = action
      self.notice = notice
    }
  }

  package struct Fields: Equatable, Sendable, Codable {
    /// What the model of the manifest was trained on, whose bins everything is counted in.
    package let profile: DataProfile
    /// "sha256:" and 64 hexadecimal digits over the profile.
    package let digest: String
    /// How many of the requests are looked at.
    package let sample: SampleRate
    /// Whether the candidate predicts as stable does on the same traffic.
    package let predictions: Gate?
    /// Whether the traffic is like the training data, whoever answers.
    package let inputs: Gate?
    /// Whether what serves alone answers as the training data does; nothing but an alert comes of it.
    package let outputs: Gate?
    /// How old a prediction is when its label counts as known or missing.
    @InMilliseconds package var maturity: Duration
  }

  private let fields: Shared<Fields>

  package init(
    profile: DataProfile, digest: String, sample: SampleRate, predictions: Gate?, inputs: Gate?,
    outputs: Gate? = nil, maturity: Duration
  ) {
    fields = Shared(
      Fields(
        profile: profile, digest: digest, sample: sample, predictions: predictions,
        inputs: inputs, outputs: outputs, maturity: maturity))
  }

  package subscript<Field>(dynamicMember field: KeyPath<Fields, Field>) -> Field {
    fields.value[keyPath: field]
  }

  package init(from decoder: any Decoder) throws { fields = Shared(try Fields(from: decoder)) }

  package func encode(to encoder: any Encoder) throws { try fields.value.encode(to: encoder) }
}
