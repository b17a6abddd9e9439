package import Rollouts

// What the other members of a group have to do with a decision, in words.

extension Reason {
  func groupSentence(_ decision: some Explained) -> String? {
    switch self {
    case .waitsForGroup(let peers):
      "it could go on, and waits for its group: "
        + peers.map { name in decision.group?.peers.first { $0.name == name }?.words ?? name }
        .joined(separator: "; ")
    case .peerFailed(let peer) where decision.verdict == .hold:
      "\(decision.name) is not tried while \(peer.words): name another version there, or raise "
        + "model.retry"
    case .peerFailed(let peer):
      "its group goes back, since \(peer.words); it is tried again when that changes"
    case .groupEnded(let peer):
      "it gave its word to end together with \(peer), which has"
    default: nil
    }
  }
}

extension Reason.FailedPeer {
  /// "scaler asks for v3 (3f9c2a71d0), which failed (its decision 12)".
  var words: String {
    "\(name) asks for \(revision), which failed" + (record.map { " (its decision \($0))" } ?? "")
  }
}

extension Peer {
  /// "scaler v3 is in step 1", "encoder has not begun with v2".
  package var words: String {
    let version = revision.map { "v\($0.version)" } ?? "its model"
    return switch state {
    case .atRest: "\(name) is at rest with \(version)"
    case .asked: "\(name) has not begun with \(version)"
    case .unclear: "the manifest of \(name) cannot be followed now, or was not read yet"
    case .underWay: "\(name) \(version) is \(stage?.words ?? "under way")"
    case .failed: "\(name) asks for \(version), which failed"
    }
  }
}

extension Stage {
  fileprivate var words: String {
    switch self {
    case .preparing: "preparing"
    case .step(let place): "in step \(place)"
    case .baking: "in its bake"
    case .ended: "done"
    }
  }
}
