import DequeModule

/// A queue whose elements keep the number that they were given when they joined.
struct NumberedQueue<Element> {
  private var elements: Deque<Element> = []
  /// The number of the oldest element, or of the next to come.
  private(set) var first = 0

  var count: Int { elements.count }
  var isEmpty: Bool { elements.isEmpty }
  /// The number that the next element will have.
  var end: Int { first + count }

  mutating func append(_ element: Element) { elements.append(element) }

  subscript(number: Int) -> Element {
    get { elements[place(of: number)] }
    set { elements[place(of: number)] = newValue }
  }

  private func place(of number: Int) -> Int {
    precondition(
      first <= number && number < end, "number \(number) in a queue of \(first) to \(end)")
    return number - first
  }

  mutating func popFirst() -> Element? {
    guard let element = elements.popFirst() else { return nil }
    first += 1
    return element
  }
}
