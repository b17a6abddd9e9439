package import Control
import Randomness
import Rollouts
import Threads

/// Two machines with a controller each, one ledger for both, and a script of what happens to them.
///
/// They watch the same manifests, serve by themselves, and share nothing but the ledger's remote.
package struct Rivals: Sendable {
  package let worlds: [World]
  package let remote = RemoteLedger()
  private let clock = SimulatedClock()
  private let takesOver: Bool
  private let scheduling: UInt64
  private let ended = Lock<[Int: Fenced]>([:])

  /// - Parameters:
  ///   - seed: Chooses the order and the faults.
  ///   - faults: How often things go wrong.
  ///   - takesOver: Whether somebody vouches, wrongly, that the other one is dead.
  package init(seed: UInt64, faults: World.Faults, takesOver: Bool = false) {
    self.takesOver = takesOver
    let random = SplitMix64(seed: seed)
    var (schedule, chance) = (random.child(1), random.child(2))
    scheduling = schedule.next()
    worlds = ["one", "two"].map { [clock, remote] name in
      World(seed: chance.next(), clock: clock, faults: faults, remote: remote, instance: name)
    }
  }

  /// How the controllers ended that were fenced, by their place.
  package var fenced: [Int: Fenced] { ended.withLock { $0 } }

  /// What was violated anywhere.
  package var violations: [String] { worlds.flatMap(\.violations) }

  /// Runs both for `duration`, the second from a moment on; each again after each death, and not again
  /// once it was fenced.
  ///
  /// - Parameters:
  ///   - duration: How long.
  ///   - maxPublishLag: How long risk may be raised without a word from the remote.
  ///   - delay: When the second controller begins.
  ///   - script: What happens meanwhile.
  package func run(
    for duration: Duration, maxPublishLag: Duration, delay: Duration,
    script: @escaping @Sendable ([World], SimulatedClock) async -> Void
  ) {
    let end = clock.now.advanced(by: duration)
    SimulationExecutor(seed: scheduling).run(clock: clock) { [self] in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await script(worlds, clock) }
        for place in worlds.indices {
          group.addTask {
            if place > 0 { await clock.sleep(for: delay) }
            await live(place, until: end, maxPublishLag)
          }
        }
      }
    }
  }

  private func live(_ place: Int, until end: Instant, _ maxPublishLag: Duration) async {
    while clock.now < end {
      let life = Incarnation(in: worlds[place], until: end)
      do {
        try await Controller(
          in: life, tick: .seconds(1), maxPublishLag: maxPublishLag, takesOver: takesOver
        ).run()
      } catch let fenced as Fenced {
        return ended.withLock { $0[place] = fenced }
      } catch {}
      await clock.sleep(for: .seconds(1))
    }
  }
}
