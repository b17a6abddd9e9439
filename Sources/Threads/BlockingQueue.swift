import Dispatch

/// A serial executor on a thread that is allowed to block.
///
/// libgit2, disks and processes block, and Swift's own threads, one for each core, must not.
package final class BlockingQueue: SerialExecutor {
  private let queue: DispatchQueue

  package init(label: String) { queue = DispatchQueue(label: label) }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  package func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
