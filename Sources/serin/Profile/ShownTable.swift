import CMalloc
import Profiling

extension TableFile {
  /// A table that a person named; a line on the terminal says how far it is read.
  init(shown path: String) {
    keepMemory()
    var progress: Progress?
    self.init(path: path) { state in
      switch state {
      case .reading(let megabytes, let total):
        if progress == nil { progress = Progress(of: total, "MB") }
        progress?.reach(megabytes)
      case .ended: progress?.end()
      }
    }
  }
}

/// Lets malloc reuse what is sorted in, instead of asking the kernel for it and giving it back each
/// time, which takes a third of the time.
private func keepMemory() {
  mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024)
  mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024)
}
