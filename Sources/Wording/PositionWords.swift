package import Rollouts

// Where a rollout stands, in words.

extension Position {
  /// "step 2 of 4 (5%)", "bake (95%)", "nothing serving".
  package var words: String {
    switch self {
    case .idle: "nothing serving"
    case .vacating: "unloading"
    case .preparing: "preparing"
    case .step(let place, let count, let route): "step \(place) of \(count) (\(route.label))"
    case .baking(let route): "bake (\(route.label))"
    case .healthy: "healthy"
    case .restoring: "restoring"
    case .retiring: "draining"
    case .retired: "gone"
    }
  }

  /// In the title of a commit and beside an arrow: "5%", or the phase.
  ///
  /// A title is verified for years, so this is part of the record's format: it may not be reworded.
  package var label: String { route?.label ?? words }
}

extension Route {
  /// "5%", "mirror 20%", "match x-beta", "50% by x-variant".
  package var label: String {
    switch self {
    case .mirror(let weight): "mirror \(weight)"
    case .match(let match): "match \(match.header)"
    case .split(let weight): weight.description
    case .drawn(let match, let weight): "\(weight) by \(match.header)"
    }
  }
}

extension HeaderMatch {
  /// "x-beta: true", as a request has it.
  package var words: String { "\(header): \(value)" }
}

extension Hours {
  /// "22:00 to 06:00 UTC+02:00".
  package var words: String { "\(from) to \(to) UTC\(offset?.description ?? "")" }
}

extension Decision.Verdict {
  /// What a picture calls a decision that ends at a position: the share that begins, or the verdict.
  package func label(to position: Position) -> String {
    self == .advance ? position.route?.label ?? rawValue : rawValue
  }
}

extension Restriction {
  /// Why risk may not grow: "decisions wait to be published".
  package var words: String {
    switch self {
    case .unpublished: "decisions wait to be published"
    case .unrecorded: "a decision waits to be recorded"
    case .notOwner: "not in charge of the ledger, or not yet"
    case .fenced: "another controller has taken over"
    case .untold: "the runtime has yet to be told what is to serve"
    }
  }
}
