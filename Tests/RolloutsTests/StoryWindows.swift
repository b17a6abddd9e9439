import Rollouts

extension StepAnalysis {
  /// Reads `minRequests@5%=500` and `noDataAfter@5%=20s` among the words of a manifest, for the step that is written so.
  init?(ofStory words: [String], step: some StringProtocol) {
    func value(_ name: String) -> Int? {
      let key = "\(name)@\(step)="
      return words.first { $0.hasPrefix(key) }.flatMap {
        Int($0.dropFirst(key.count).prefix { $0 != "s" })
      }
    }
    let (requests, silence) = (value("minRequests"), value("noDataAfter"))
    guard requests != nil || silence != nil else { return nil }
    self.init(minRequests: requests, noDataAfter: silence.map { .seconds($0) })
  }
}
