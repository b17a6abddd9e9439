import Foundation
import Threads

/// A value that is made of files, and made again when one of them changes.
///
/// Secrets and lists of signers are changed by people and by programs while a controller runs. A file that
/// turns unreadable or wrong leaves the value as it was: that is said once, until the file changes again.
package final class RenewedValue<Value: Sendable>: Sendable {
  private struct State {
    var value: Value
    var stamps: [Stamp?]
    var reading = 0
  }

  /// By what a change of a file shows: an editor writes another file under the name, or other bytes.
  ///
  /// Its status changes with its bytes and its rights alike, and that moment, unlike the one of the last write,
  /// cannot be set back.
  private struct Stamp: Equatable {
    let device: UInt
    let inode: UInt
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (device, inode, size) = (UInt(status.st_dev), UInt(status.st_ino), Int(status.st_size))
      (seconds, nanoseconds) = (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
    }
  }

  private let files: [String]
  private let make: @Sendable () throws -> Value
  private let say: @Sendable (String) -> Void
  private let state: Lock<State>

  /// Makes the value once.
  ///
  /// - Parameters:
  ///   - files: What it is made of.
  ///   - say: What to do with the reason for which a change is not followed.
  ///   - make: Reads the files.
  /// - Throws: What `make` throws at the start, when there is nothing yet to keep.
  package init(
    of files: [String], say: @escaping @Sendable (String) -> Void = { _ in },
    make: @escaping @Sendable () throws -> Value
  ) throws {
    let stamps = files.map { Stamp($0) }
    (self.files, self.make, self.say) = (files, make, say)
    state = Lock(State(value: try make(), stamps: stamps))
  }

  /// Returns the value of the files as they are now.
  package func current() -> Value {
    let stamps = files.map { Stamp($0) }
    return state.withLock { state in
      guard stamps != state.stamps else { return state.value }
      state.stamps = stamps
      do {
        state.value = try make()
        state.reading += 1
      } catch {
        say("\(error)")
      }
      return state.value
    }
  }

  /// Grows with each change that was followed.
  package func reading() -> Int {
    _ = current()
    return state.withLock { $0.reading }
  }
}
