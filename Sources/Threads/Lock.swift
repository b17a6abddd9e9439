import Glibc

/// A value that one thread at a time may touch.
///
/// On a pthread mutex, because the thread sanitizer reports `Synchronization.Mutex` falsely on
/// Linux. Never awaited inside.
///
/// `@unchecked Sendable`: `value` is reached only through `withLock`, which holds `mutex`.
package final class Lock<Value>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var value: Value

  package init(_ value: sending Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
