import Rollouts

/// Which entities were answered during an A/B test, by which revision first, and whether they reached its goal.
///
/// Of an entity the hash is kept. It belongs to the revision that answered it first for as long as the test runs, and
/// is never counted again: so what is full takes no new ones, and what has to become smaller lets go of all hashes
/// above a bound, and takes none above it any more.
struct SeenEntities {
  /// What became of an answer to an entity.
  enum Sight: Equatable { case first(hasReached: Bool), known, turnedAway }

  /// What became of a report.
  enum Fate: Equatable { case reached(EntityArm), waiting, doubled }

  private struct Place {
    let arm: EntityArm
    var hasReached: Bool
  }

  /// What one entity takes at most, in bytes: when a table has just grown, three eighths of it are full, and the one
  /// before is still there.
  static let size = 4 * (MemoryLayout<Int>.stride + MemoryLayout<Place>.stride)

  private var most: Int
  private var places: [Int: Place] = [:]
  private var highest = UInt.max
  private var early: EarlyReports<Void>

  init(most: Int, mostReports: Int) { (self.most, early) = (most, EarlyReports(most: mostReports)) }

  /// Reports that wait, and those that waited in vain.
  var waiting: Int { early.count }
  var unknown: Int { early.unknown }

  static func key(of entity: String) -> Int { entity.hashValue }

  /// Notes that a revision answered an entity.
  ///
  /// Of stable's a part may count for nothing: it is drawn by the low digits of the hash, of which nothing else
  /// depends, and what was left out once is never counted for anybody.
  mutating func see(_ key: Int, with arm: EntityArm, _ thinning: Plan.Thinning? = nil) -> Sight {
    if places[key] != nil { return .known }
    guard places.count < max(1, most), isWithin(key) else { return .turnedAway }
    let hasReached = early.fetch(key) != nil
    let isLeftOut = arm == .stable && thinning.map { !$0.counts(key) } ?? false
    places[key] = Place(arm: isLeftOut ? .nobody : arm, hasReached: hasReached)
    return isLeftOut ? .known : .first(hasReached: hasReached)
  }

  /// Notes that an entity reached the goal; a report that comes before its entity waits.
  mutating func reach(_ key: Int, at now: Instant) -> Fate {
    guard let place = places[key] else {
      return early.keep((), for: key, at: now) ? .waiting : .doubled
    }
    if place.hasReached { return .doubled }
    places[key]?.hasReached = true
    return .reached(place.arm)
  }

  mutating func giveUp(at now: Instant) { early.giveUp(at: now) }

  /// Begins another test.
  mutating func forgetAll() {
    (places, highest) = ([:], .max)
    early.giveUpAll()
  }

  mutating func limit(_ most: Int, reports: Int) {
    (self.most, early.most) = (most, reports)
    while places.count > max(1, most) {
      highest /= 2
      places = places.filter { isWithin($0.key) }
    }
  }

  private func isWithin(_ key: Int) -> Bool { UInt(bitPattern: key) <= highest }
}

/// Whose an entity is: the place of a revision in `SamplePlan.entityArms`.
struct EntityArm: Equatable {
  let place: UInt8

  static let stable = EntityArm(place: 0)
  /// It was seen, and counts for nobody.
  static let nobody = EntityArm(place: .max)
}

extension Plan.Thinning {
  /// Whether an entity counts.
  fileprivate func counts(_ key: Int) -> Bool {
    UInt(bitPattern: key) % UInt(max(1, of)) < UInt(max(0, counted))
  }
}
