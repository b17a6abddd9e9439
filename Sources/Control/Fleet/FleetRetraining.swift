// What the trainer is asked: the reasons are in the records, and survive in the checkpoints.
extension Fleet {
  /// What the trainer is to be told; nothing once another controller is in charge.
  package var requests: [RetrainingRequest] {
    guard !isStopped, !standsBy else { return [] }
    let all = members.keys.sorted().compactMap { members[$0]?.request }
    return all.filter { !settled.contains($0.digest) }
  }

  /// Notes that the trainer was told, or that it is too late; the next look, at once, writes it down.
  package func settle(_ request: RetrainingRequest) {
    settled.insert(request.digest)
    plan(request.deployment, at: latest)
  }
}
