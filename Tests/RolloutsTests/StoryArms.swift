import Rollouts

extension Story {
  /// Reads `arms=v3,v4` among the words of a manifest.
  static func rivals(_ words: [String]) -> [Revision]? {
    words.first { $0.hasPrefix("arms=") }.map {
      $0.dropFirst(5).split(separator: ",").map { revision(String($0)) }
    }
  }
}

extension Slices {
  /// Reads `slices` or `slices=5` among the words of a manifest.
  init?(ofStory words: [String]) {
    guard let word = words.first(where: { $0.hasPrefix("slices") }) else { return nil }
    self.init(by: .header(name: "x-tenant"), worst: Int(word.dropFirst("slices=".count)) ?? 20)
  }
}
