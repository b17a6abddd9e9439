/// A queue whose elements keep the number that they were given when they joined.
struct Fifo<Element> {
  /// Those before `head` have left.
  private var slots: [Element?] = []
  private var head = 0
  /// The number of the oldest element, or of the next to come.
  private(set) var first = 0

  var count: Int { slots.count - head }
  var isEmpty: Bool { count == 0 }
  /// The number that the next element will have.
  var end: Int { first + count }

  mutating func append(_ element: Element) { slots.append(element) }

  subscript(number: Int) -> Element {
    get {
      guard let element = slots[head + number - first] else {
        preconditionFailure("number \(number) has left a queue that begins at \(first)")
      }
      return element
    }
    set { slots[head + number - first] = newValue }
  }

  mutating func popFirst() -> Element? {
    guard !isEmpty else { return nil }
    let element = slots[head]
    slots[head] = nil
    head += 1
    first += 1
    // Half of the slots at a time, so that each element is moved once on average.
    if head > 32, head * 2 >= slots.count {
      slots.removeFirst(head)
      head = 0
    }
    return element
  }
}
