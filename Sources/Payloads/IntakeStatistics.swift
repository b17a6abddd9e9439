package import Control

/// What became of everything that an intake was given, since it began.
package struct IntakeStatistics: Equatable, Sendable {
  /// Events that were counted.
  package var events = 0
  /// Events, labels and conversions of deployments that are not followed.
  package var ignored = 0
  /// Events that did not fit, or were lost before they got here.
  package var dropped = 0
  /// Events of a request that the same revision was counted for before.
  package var replayed = 0
  /// Bodies that could not be read, by reason.
  package var unreadable: [PayloadError.Kind: Int] = [:]
  /// Predictions that were forgotten before their label was due, because there were too many.
  package var forgotten = 0
  package var labels = Labels()
  package var pairs = PairCounts()
  package var conversions = ConversionCounts()

  package struct Labels: Equatable, Sendable {
    package var joined = 0
    /// Came before their prediction, and wait for it; `unknown` when it did not come.
    package var waiting = 0
    package var unknown = 0
    package var doubled = 0
    /// Came after the maturity of their prediction.
    package var late = 0
    /// Say nothing about the output: a text for a number, for example.
    package var unusable = 0
    package var dropped = 0
  }
}
