/// How far the model servers of a runtime are kept from everything else on the machine.
package struct IsolationSettings: Equatable, Sendable {
  /// What is done when the machine cannot give all of it.
  package enum Mode: String, CaseIterable, Sendable { case required, bestEffort, none }

  package var mode: Mode
  /// Whether models may open connections.
  package var egress: Bool
  package var limits: ServerLimits
  /// The first of the users that servers run as, when the controller may choose: each server has one.
  package var firstUser: Int
  /// Files and folders that models may read beside what their server needs.
  package var visible: [String]
  /// Devices that models may use, such as those of a GPU.
  package var devices: [String]

  package init(
    mode: Mode = .bestEffort, egress: Bool = false, limits: ServerLimits = ServerLimits(),
    firstUser: Int = Defaults.firstUser, visible: [String] = [], devices: [String] = []
  ) {
    self.mode = mode
    self.egress = egress
    self.limits = limits
    self.firstUser = firstUser
    self.visible = visible
    self.devices = devices
  }
}

/// What one model server may use at most.
package struct ServerLimits: Equatable, Sendable {
  /// In bytes; nil for as much as there is.
  package var memory: Int?
  /// Processes and threads.
  package var processes: Int
  /// In thousandths of a core; nil for all cores.
  package var milliCores: Int?

  package init(
    memory: Int? = nil, processes: Int = Defaults.serverProcesses, milliCores: Int? = nil
  ) {
    self.memory = memory
    self.processes = processes
    self.milliCores = milliCores
  }
}
