import Rollouts

extension Hours {
  /// Reads `hours=22:00-06:00` among the words of a manifest.
  init?(ofStory words: [String]) {
    let texts = words.first { $0.hasPrefix("hours=") }?.dropFirst(6).split(separator: "-") ?? []
    let times = texts.compactMap { TimeOfDay(String($0)) }
    guard times.count == 2 else { return nil }
    self.init(from: times[0], to: times[1])
  }
}
