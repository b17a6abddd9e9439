import Control
import Profiles

/// Finds what was predicted in an answer, and what a label says was right; `Loss` compares the two.
struct Judge {
  private let loss: Loss

  init(_ outputs: [ProfileColumn]) { loss = Loss(outputs) }

  func wrong(_ prediction: Loss.Answer, label: Loss.Answer) -> Int {
    loss.wrong(prediction, label: label)
  }

  /// Returns the prediction of an answer that has one row; nil when nothing in it can be judged.
  func prediction(in reader: borrowing PayloadReader, _ places: ColumnPlaces) -> Loss.Answer? {
    guard places.rows == 1, let first = places.places.first, let first else { return nil }
    if let count = loss.scores { return highest(of: count, in: reader, places) }
    switch reader.values[first.start] {
    case .text(let text):
      let texts = reader.texts
      return loss.prediction(texts.span.extracting(text.range))
    case .number(let value): return loss.prediction(value)
    case .flag(let value): return prediction(value)
    default: return nil
    }
  }

  /// Of a category true is a word, of a number it is 1.
  private func prediction(_ flag: Bool) -> Loss.Answer? {
    loss.prediction(Array((flag ? "true" : "false").utf8).span) ?? loss.prediction(flag ? 1 : 0)
  }

  private func highest(
    of count: Int, in reader: borrowing PayloadReader, _ places: ColumnPlaces
  ) -> Loss.Answer? {
    var scores: [Double] = []
    for index in 0..<count {
      let isVector = places.places.count == 1
      let place = isVector ? places.places[0].map { $0.start + index } : places.places[index]?.start
      guard let place, case .number(let score) = reader.values[place] else { return nil }
      scores.append(score)
    }
    return loss.prediction(scores)
  }

  /// Returns what a label says; nil when it is none for this output.
  func answer(_ label: Label.Value) -> Loss.Answer? {
    switch label {
    case .number(let value): loss.label(value)
    case .text(let text): loss.label(Array(text.utf8).span)
    }
  }
}
