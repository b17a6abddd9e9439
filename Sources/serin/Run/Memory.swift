import CMalloc

/// The memory that malloc keeps although nothing uses it.
enum Memory {
  /// Lets threads share two of malloc's arenas.
  ///
  /// glibc would give every thread one of its own, and each keeps what was freed in it: with a hundred
  /// deployments that is 10 MB of 65. Serin allocates too little to wait for an arena.
  static func keepSmall() {
    mallopt(M_ARENA_MAX, 2)
    mallopt(M_TRIM_THRESHOLD, 64 * 1024)
  }

  /// Gives back what was freed, each half minute until the task is cancelled.
  ///
  /// An answer of Prometheus for a thousand deployments takes tens of MiB for a moment, and glibc keeps whatever lies
  /// below something that is still used.
  static func giveBack() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(30))
      malloc_trim(0)
    }
  }
}
