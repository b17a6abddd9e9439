/// The evidence that one feature moved, however it forgets.
package protocol FeatureEvidence: Equatable, Sendable, Codable {
  /// - Parameters:
  ///   - settings: How the test is made; `tolerance` is on the odds of each bin.
  ///   - bins: How many bins the feature has; looks with another number of them are ignored.
  init(_ settings: ObjectiveTest.Settings, bins: Int)

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - arms: What was counted since the last look. Against a profile the candidate is whatever
  ///     serves.
  ///   - reference: What it is compared with.
  mutating func look(_ arms: BinArms, against reference: DriftReference)

  /// The logarithm of the evidence.
  var logE: Double { get }

  /// The bin and the direction that most of the evidence is about; nil without bins.
  var strongest: BinShift? { get }

  /// How many looks ago the change began, by the best guess.
  var looksSinceChange: Int { get }
}
