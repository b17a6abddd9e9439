import CProcess
import Glibc

/// What a controller does before it opens anything, so that others on the machine get nothing of it.
///
/// A controller holds keys and tokens, and starts programs that run other people's code.
package enum ProcessGuards {
  /// Sets all of them; none needs rights, and none can fail in a way that a controller could not live with.
  package static func set() {
    hideFiles()
    forbidDumps()
    raiseDescriptorLimit()
    keepDescriptors()
  }

  /// Files are for their owner alone, whatever the shell that started serin says.
  static func hideFiles() { umask(0o077) }

  /// No core file, and no look into the memory by another process of the user, a model included.
  static func forbidDumps() { _ = serin_forbid_dumps() }

  package static var mayBeDumped: Bool { serin_may_be_dumped() != 0 }

  /// Takes as many descriptors as the system gives.
  ///
  /// Many systems start programs with 1024, for the sake of `select`, and allow them hundreds of
  /// thousands. Envoy gets what the controller has: each of its connections is two.
  static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Descriptors that serin was started with are for nobody whom it starts.
  static func keepDescriptors() { _ = serin_keep_descriptors() }
}
