package import Ledger

extension Fleet {
  /// Everything outside that a fleet works with.
  package struct Ports: Sendable {
    let runtime: any Runtime
    let telemetry: any Telemetry
    let sampling: any Sampling
    let store: any LedgerStore
    let checkpoints: any Checkpoints
    let clock: any WallClock

    package init(
      runtime: any Runtime, telemetry: any Telemetry, sampling: any Sampling,
      store: any LedgerStore, checkpoints: any Checkpoints, clock: any WallClock
    ) {
      self.runtime = runtime
      self.telemetry = telemetry
      self.sampling = sampling
      self.store = store
      self.checkpoints = checkpoints
      self.clock = clock
    }
  }
}
