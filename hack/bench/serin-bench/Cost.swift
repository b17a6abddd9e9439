import CAllocations

/// What one call costs.
struct Cost {
  private(set) var nanoseconds = Double.infinity
  private(set) var allocations = Double.infinity

  /// Measures `calls` calls in a row, and takes the cheapest of several such rounds.
  ///
  /// Each round goes on from `start`; one call more, which is not counted, makes the copy.
  init<State>(of calls: Int, from start: State, _ call: (inout State, Int) -> Void) {
    for _ in 0..<Self.rounds {
      var state = start
      call(&state, 0)
      let (allocated, began) = (serin_allocations(), ContinuousClock.now)
      for index in 1...calls { call(&state, index) }
      let elapsed = (ContinuousClock.now - began) / .nanoseconds(1)
      let requested = serin_allocations() - allocated
      nanoseconds = min(nanoseconds, elapsed / Double(calls))
      allocations = min(allocations, Double(requested) / Double(calls))
    }
  }

  /// Enough that some of them are undisturbed on a busy machine.
  private static let rounds = 100
}
