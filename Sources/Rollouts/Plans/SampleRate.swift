import Analysis

/// How many of the requests, and what was answered to them, are looked at.
package enum SampleRate: Equatable, Sendable {
  /// Of all requests, whatever their rate.
  case share(PerMille)
  /// All requests while they are few, and about `mostPerSecond` of them otherwise.
  case auto

  package static let none = SampleRate.share(.none)

  /// What a gate learns from in a few seconds, and what costs Envoy a fiftieth of a processor.
  package static let mostPerSecond = 100

  /// Returns the share that is looked at when a deployment has so many requests per second.
  ///
  /// Powers of two below one, so that a rate that wavers seldom changes it.
  package func share(atRate rate: Double) -> PerMille {
    switch self {
    case .share(let share): return share
    case .auto:
      var share = PerMille.all.value
      while Double(share) * rate > Double(Self.mostPerSecond) * 1000, share > 1 { share /= 2 }
      return PerMille(share)
    }
  }

  /// Tells how many samples a look at a candidate should bring.
  ///
  /// - Parameters:
  ///   - requests: The candidate's.
  ///   - all: Of the whole deployment.
  ///   - look: The time between two looks, in milliseconds.
  /// - Returns: Them, in thousandths.
  func expected(of requests: Int, among all: Int, look: Int) -> Int {
    let rate = Double(all) * 1000 / Double(max(1, look))
    return requests.multiplied(saturating: share(atRate: rate).value)
  }
}

extension SampleRate: Codable, CustomStringConvertible {
  /// "10%", "auto".
  package var description: String {
    switch self {
    case .share(let share): share.description
    case .auto: "auto"
    }
  }

  /// A share in thousandths, or the word.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let isAuto = (try? container.decode(String.self)) == "auto"
    self = isAuto ? .auto : .share(try container.decode(PerMille.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .share(let share): try container.encode(share)
    case .auto: try container.encode("auto")
    }
  }
}
