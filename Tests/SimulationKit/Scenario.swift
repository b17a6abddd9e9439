package import Control
package import Ledger
import Logging
import Randomness
package import Rollouts

/// A world, a controller that may die in it at any moment, and a script of what people do.
package struct Scenario: Sendable {
  package let world: World
  package let clock: SimulatedClock
  private let scheduling: UInt64
  /// For how long nobody is asked again for a model to be trained; nil when there is nobody to ask.
  private let coolDown: Duration?

  package init(
    seed: UInt64, faults: World.Faults, signer: PublicKey? = nil,
    start: Instant = SimulatedClock.start, coolDown: Duration? = nil
  ) {
    self.coolDown = coolDown
    let random = SplitMix64(seed: seed)
    var (schedule, chance) = (random.child(1), random.child(2))
    clock = SimulatedClock(start: start)
    world = World(seed: chance.next(), clock: clock, faults: faults, signer: signer)
    scheduling = schedule.next()
  }

  /// Runs the controller for `duration`, again after each death, while `script` happens beside it.
  package func run(
    for duration: Duration, tick: Duration = .seconds(1),
    script: @escaping @Sendable (World, SimulatedClock) async -> Void
  ) {
    let end = clock.now.advanced(by: duration)
    SimulationExecutor(seed: scheduling).run(clock: clock) { [world, clock, coolDown] in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await script(world, clock) }
        group.addTask {
          while clock.now < end {
            let life = Incarnation(in: world, until: end)
            try? await Self.controller(life, tick: tick, coolDown: coolDown).run()
            await clock.sleep(for: .seconds(1))
          }
        }
      }
    }
  }

  private static func controller(
    _ life: Incarnation, tick: Duration, coolDown: Duration?
  ) -> Controller {
    Controller(
      in: life, tick: tick, maxPublishLag: .seconds(3600), takesOver: false, coolDown: coolDown)
  }
}

extension Controller {
  /// The real controller, with a life in a world behind every port.
  package init(
    in life: Incarnation, tick: Duration, maxPublishLag: Duration, takesOver: Bool,
    coolDown: Duration? = nil
  ) {
    self.init(
      source: life,
      ports: Fleet.Ports(
        runtimes: Runtimes([Runtimes.Place(name: "local", runtime: life, telemetry: life)]),
        sampling: life, store: life, checkpoints: life,
        clock: life,
        retraining: coolDown.map { Fleet.Ports.Retraining(trainer: life, coolDown: $0) }),
      identity: ControllerIdentity(
        instance: life.world.instance, version: "0",
        life: "\(life.world.instance)-\(life.number)", lease: maxPublishLag),
      repository: "memory",
      pace: Controller.Pace(fetch: .seconds(5), push: .seconds(10), tick: tick),
      maxPublishLag: maxPublishLag, takesOver: takesOver,
      logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() })
  }
}
