import Analysis
import Encoding
package import Rollouts

/// One thing that a rollout was told: an observation, or that nobody had looked for a while.
package enum Look: Equatable, Sendable {
  case observation(Observation)
  case wake(Instant)

  /// When it was told.
  package var at: Instant {
    switch self {
    case .observation(let world): world.now
    case .wake(let now): now
    }
  }
}

/// What a look leaves out, because it is as in the look before.
struct LookContext: Equatable, Sendable {
  var last: Observation
  /// The version of the rules that looked last.
  var version: Int
  /// The revisions and edges of the last counts, by which a short look is read.
  var shape: [CountShape] = []

  /// Begins after a state, whose manifest goes on to be wanted.
  init(after rollout: Rollout) {
    last = Observation(
      now: Instant(milliseconds: 0),
      desired: rollout.deployment.map { .deployment($0) } ?? .unchanged)
    version = rollout.decisionVersion
  }

  mutating func follow(_ world: Observation) {
    (last, version) = (world, world.engine.decisionVersion)
    if let counts = world.counts, !counts.isEmpty { shape = counts.shape }
  }
}

/// What a short look leaves out about one revision's counts.
struct CountShape: Equatable, Sendable {
  let revision: Revision.ID
  let edges: [Int]
  let samples: SampleCounts.Shape?
}

/// Writes looks one after the other, each with what changed since the one before.
///
/// Most looks bring counts and nothing else: a list of integers, the milliseconds since the look before,
/// then for each revision requests, errors, how many requests have no latency, and the latency counts but
/// the first, which follows from the others, then the samples if there are any, each row of k zeros as
/// -k; all as in the last look that named them.
/// Any other is an object: `at`, and what differs: `desired`, `readiness`, `crashes`, `inForce` (-1 for
/// none), `restrictions`, `peers`, `engine`; `counts` of this look alone, by revision, or null when they could not be read.
struct LookWriter: Equatable, Sendable {
  private var context: LookContext

  init(after rollout: Rollout) { context = LookContext(after: rollout) }

  mutating func write(_ look: Look) -> WrittenLook {
    switch look {
    case .wake(let now): return .other(["at": .int(now.milliseconds), "wake": true])
    case .observation(let world):
      defer { context.follow(world) }
      return short(world).map { .row(LookRow($0)) } ?? .other(long(world))
    }
  }

  /// - Returns: nil when more than counts of the same shape must be told.
  private func short(_ world: Observation) -> [Int]? {
    let last = context.last
    guard world.desired == last.desired, world.readiness == last.readiness,
      world.crashes == last.crashes,
      world.generationInForce == last.generationInForce, world.restrictions == last.restrictions,
      world.peers == last.peers, world.engine == last.engine,
      let counts = world.counts, last.now.milliseconds > 0,
      counts.isEmpty || counts.shape == context.shape
    else { return nil }
    var row = [Int(world.now.milliseconds - last.now.milliseconds)]
    for shape in counts.isEmpty ? [] : context.shape {
      guard let counts = counts[shape.revision], counts.isPlain else { return nil }
      row += [counts.requests, counts.errors, counts.requests - counts.latency.total]
      row += counts.latency.counts.dropFirst()
      row += counts.samples?.row ?? []
    }
    return row
  }

  private func long(_ world: Observation) -> JSONValue {
    let last = context.last
    var members: [String: JSONValue] = ["at": .int(world.now.milliseconds)]
    if world.desired != last.desired { members["desired"] = world.desired.json }
    if world.readiness != last.readiness {
      members["readiness"] = .object(
        Dictionary(
          uniqueKeysWithValues: world.readiness.map { ($0.key.description, $0.value.json) }))
    }
    if world.crashes != last.crashes {
      members["crashes"] = .object(
        Dictionary(
          uniqueKeysWithValues: world.crashes.map { ($0.key.description, $0.value.json) }))
    }
    if world.generationInForce != last.generationInForce {
      members["inForce"] = .number(world.generationInForce ?? -1)
    }
    if world.restrictions != last.restrictions {
      members["restrictions"] = .array(world.restrictions.sorted().map { .string($0.rawValue) })
    }
    if world.peers != last.peers { members["peers"] = .array(world.peers.map(\.json)) }
    if world.engine.decisionVersion != context.version {
      members["engine"] = .number(world.engine.decisionVersion)
    }
    if let counts = world.counts {
      let all = counts.entries.map { ($0.revision.description, $0.counts.json) }
      if !all.isEmpty { members["counts"] = .object(Dictionary(uniqueKeysWithValues: all)) }
    } else {
      members["counts"] = .null
    }
    return .object(members)
  }
}

extension Counts {
  /// Far above what a server answers in a look, and far from where sums overflow.
  fileprivate static let largestPlain = SampleCounts.largestPlain

  fileprivate var isPlain: Bool {
    ([requests, errors] + latency.counts).allSatisfy { (0...Self.largestPlain).contains($0) }
      && samples?.isPlain ?? true
  }

  /// Before any look.
  fileprivate init(_ shape: CountShape) {
    let zeros = [Int](repeating: 0, count: shape.edges.count + 1)
    self.init(
      requests: 0, errors: 0, latency: Histogram(edges: shape.edges, counts: zeros))
  }

  /// Takes what `LookWriter` wrote of one revision out of a row, and moves behind it.
  ///
  /// - Returns: Whether it is there.
  fileprivate mutating func take(
    _ row: LookRow, at place: inout Int, _ shape: CountShape
  ) -> Bool {
    let own = place..<(place + shape.edges.count + 3)
    guard own.upperBound <= row.count, own.allSatisfy({ row[$0].isPlain }) else { return false }
    let later = own.dropFirst(2).reduce(0) { $0 + row[$1] }
    let requests = row[own.lowerBound]
    place = own.upperBound
    let samples = shape.samples.flatMap { SampleCounts(row, at: &place, $0) }
    guard (samples == nil) == (shape.samples == nil) else { return false }
    recount(requests: requests, errors: row[own.lowerBound + 1], samples: samples) { bucket in
      bucket == 0 ? requests - later : row[own.lowerBound + 2 + bucket]
    }
    return true
  }
}

extension Int {
  /// Whether no sum of its like overflows.
  fileprivate var isPlain: Bool { (-Counts.largestPlain...Counts.largestPlain).contains(self) }
}

extension RevisionCounts {
  fileprivate var shape: [CountShape] {
    entries.map { revision, counts in
      CountShape(
        revision: revision, edges: counts.latency.edges, samples: counts.samples?.shape)
    }
  }
}

/// Reads what a `LookWriter` wrote.
struct LookReader {
  private var context: LookContext
  /// The rollout's own names of its revisions: what is the same text in the same place is quickly equal.
  private let names: [Revision.ID]
  private let engines: [Engine]

  init(after rollout: Rollout, by engines: [Engine] = Engine.all) {
    context = LookContext(after: rollout)
    self.engines = engines
    names = [rollout.candidate, rollout.stable, rollout.baseline, rollout.deployment?.revision]
      .compactMap { $0?.id }
  }

  /// - Returns: nil when it is no look.
  mutating func read(_ look: WrittenLook) -> Look? {
    switch look {
    case .row(let row): return readShort(row) ? .observation(context.last) : nil
    case .other(.object(let members)):
      guard case .int(let at)? = members["at"] else { return nil }
      let now = Instant(milliseconds: at)
      if members["wake"] == true { return members.count == 2 ? .wake(now) : nil }
      guard let world = long(members, at: now) else { return nil }
      context.follow(world)
      return .observation(world)
    default: return nil
    }
  }

  /// - Returns: Whether the row is a look.
  private mutating func readShort(_ row: LookRow) -> Bool {
    guard let elapsed = row.first, elapsed.isPlain else { return false }
    let now = Instant(milliseconds: context.last.now.milliseconds &+ Int64(elapsed))
    let shapes = row.count == 1 ? [] : context.shape
    return context.last.move(to: now) { counts in
      if shapes.isEmpty { counts.removeAll() }
      if counts.isEmpty { for shape in shapes { counts.append((shape.revision, Counts(shape))) } }
      var place = 1
      for index in shapes.indices {
        guard counts.update(at: index, { $0.take(row, at: &place, shapes[index]) }) else {
          return false
        }
      }
      return place == row.count
    }
  }

  private func long(_ members: [String: JSONValue], at now: Instant) -> Observation? {
    let known: Set = [
      "at", "desired", "readiness", "crashes", "inForce", "restrictions", "peers", "engine",
      "counts",
    ]
    guard known.isSuperset(of: members.keys),
      let desired = members["desired"].map(Desired.init(json:)) ?? context.last.desired,
      let readiness = all(members["readiness"], Readiness.init(json:)) ?? context.last.readiness,
      let crashes = all(members["crashes"], Crash.init(json:)) ?? context.last.crashes,
      let inForce = members["inForce"].map(\.integer) ?? context.last.generationInForce ?? -1,
      let restrictions = members["restrictions"].map(Self.restrictions)
        ?? context.last.restrictions,
      let peers = members["peers"].map(Self.peers) ?? context.last.peers,
      let version = members["engine"].map(\.integer) ?? context.version,
      let engine = engines.rules(of: version),
      let counts = counts(members["counts"])
    else { return nil }
    return Observation(
      now: now, desired: desired, readiness: readiness, crashes: crashes,
      generationInForce: inForce < 0 ? nil : inForce, counts: counts, restrictions: restrictions,
      peers: peers, engine: engine)
  }

  /// - Returns: nil when one of them is unknown.
  private static func restrictions(_ value: JSONValue) -> Set<Restriction>? {
    guard case .array(let words) = value else { return nil }
    let known = words.compactMap { $0.string.flatMap(Restriction.init(rawValue:)) }
    return known.count == words.count ? Set(known) : nil
  }

  /// - Returns: nil when one of them cannot be read.
  private static func peers(_ value: JSONValue) -> [Peer]? {
    guard case .array(let items) = value else { return nil }
    let peers = items.compactMap(Peer.init(json:))
    return peers.count == items.count ? peers : nil
  }

  /// - Returns: nil when the value is no counts, and nil inside when they could not be read.
  private func counts(_ value: JSONValue?) -> [Revision.ID: Counts]?? {
    guard let value else { return .some([:]) }
    guard value != .null else { return .some(nil) }
    guard case .object(let members) = value else { return nil }
    var all: [Revision.ID: Counts] = [:]
    for (id, value) in members {
      guard let counts = Counts(json: value) else { return nil }
      let name = Revision.ID(id)
      all[names.first { $0 == name } ?? name] = counts
    }
    return all
  }

  /// Reads what is told of each revision.
  ///
  /// - Returns: nil when nothing is told, and nil inside when that cannot be read.
  private func all<Value>(
    _ value: JSONValue?, _ read: (JSONValue) -> Value?
  ) -> [Revision.ID: Value]?? {
    guard let value else { return nil }
    guard case .object(let members) = value else { return .some(nil) }
    var all: [Revision.ID: Value] = [:]
    for (id, value) in members {
      guard let known = read(value) else { return .some(nil) }
      all[Revision.ID(id)] = known
    }
    return all
  }
}
