/// What each revision answered, in the order of their names.
///
/// They are two or three, and told at every look: so a list is quicker than a table.
package struct RevisionCounts: Equatable, Sendable {
  package typealias Entry = (revision: Revision.ID, counts: Counts)

  package private(set) var entries: [Entry]

  package init(_ counts: [Revision.ID: Counts]) {
    entries = counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Takes entries that are in order already.
  init(sorted entries: [Entry]) { self.entries = entries }

  /// Adds what one revision answered, whose name comes after all others.
  package mutating func append(_ entry: Entry) { entries.append(entry) }

  package mutating func removeAll() { entries.removeAll() }

  /// Changes what one revision answered where it stands.
  package mutating func update<Result>(
    at index: Int, _ change: (inout Counts) -> Result
  ) -> Result { change(&entries[index].counts) }

  package var isEmpty: Bool { entries.isEmpty }

  package subscript(revision: Revision.ID) -> Counts? {
    entries.indices.first { entries[$0].revision == revision }.map { entries[$0].counts }
  }

  package static func == (left: RevisionCounts, right: RevisionCounts) -> Bool {
    left.entries.elementsEqual(right.entries) { $0 == $1 }
  }
}
