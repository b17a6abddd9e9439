import Rollouts
import Testing

@testable import ClusterRuntime

/// Since when a gateway counts for a revision alone what it counts in a place.
@Suite struct PlaceBookTests {
  private static let iris = DeploymentName(name: "iris")

  /// What was noted at some second: who is in the places a and b; "-" is an empty place.
  private func book(_ notes: [(second: Int, who: String)], openedAt second: Int?) -> PlaceBook {
    var book = PlaceBook()
    for note in notes {
      if let second, note.second >= second { book.open(at: .seconds(second)) }
      let now = zip(["a", "b"], note.who).filter { $0.1 != "-" }
      book.note(
        Dictionary(uniqueKeysWithValues: now.map { ($0.0, Revision.ID(String($0.1))) }),
        of: Self.iris, at: .seconds(note.second))
    }
    return book
  }

  private func text(_ book: PlaceBook) -> String {
    book.all.sorted { $0.name < $1.name }.map { place in
      let since = place.since.map { "\($0.milliseconds / 1000)" } ?? "?"
      return "\(place.name)=\(place.revision)@\(since)"
    }.joined(separator: " ")
  }

  @Test(
    arguments: [
      // What is found was somebody's, and is not known before.
      ([(1, "1-")], nil, "a=1@?"),
      ([(1, "1-"), (9, "12")], 5, "a=1@? b=2@5"),
      // A new place was empty since the routes were read.
      ([(9, "1-")], 5, "a=1@5"),
      ([(9, "1-"), (20, "12"), (30, "12")], 5, "a=1@5 b=2@5"),
      // One that is left was empty since then; who follows at once is counted from then on.
      ([(9, "12"), (20, "-2"), (30, "32")], 5, "a=3@20 b=2@5"),
      ([(9, "12"), (20, "32")], 5, "a=3@20 b=2@5"),
      ([(1, "12"), (20, "-2"), (30, "12")], 5, "a=1@20 b=2@?"),
      // After hours no answer reaches back to who was there.
      ([(9, "12"), (20, "-2"), (9000, "-2"), (9001, "32")], 5, "a=3@5 b=2@5"),
      ([(9, "12"), (20, "--")], 5, ""),
    ] as [([(second: Int, who: String)], Int?, String)])
  func sinceWhenNobodyElseWasThere(
    notes: [(second: Int, who: String)], opened: Int?, expected: String
  ) {
    #expect(text(book(notes, openedAt: opened)) == expected)
  }
}

extension Instant {
  fileprivate static func seconds(_ seconds: Int) -> Instant {
    Instant(milliseconds: Int64(seconds) * 1000)
  }
}
