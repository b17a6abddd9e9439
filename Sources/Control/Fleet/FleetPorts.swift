package import Ledger

extension Fleet {
  /// Everything outside that a fleet works with.
  package struct Ports: Sendable {
    let runtimes: Runtimes
    let sampling: any Sampling
    let store: any LedgerStore
    let checkpoints: any Checkpoints
    let clock: any WallClock
    let retraining: Retraining?

    /// Whom to ask for models to be trained again, and for how long nobody is asked once more.
    package struct Retraining: Sendable {
      let trainer: any Trainer
      let coolDown: Duration

      package init(trainer: any Trainer, coolDown: Duration) {
        self.trainer = trainer
        self.coolDown = coolDown
      }
    }

    package init(
      runtimes: Runtimes, sampling: any Sampling, store: any LedgerStore,
      checkpoints: any Checkpoints, clock: any WallClock,
      retraining: Retraining? = nil
    ) {
      self.runtimes = runtimes
      self.sampling = sampling
      self.store = store
      self.checkpoints = checkpoints
      self.clock = clock
      self.retraining = retraining
    }
  }
}
