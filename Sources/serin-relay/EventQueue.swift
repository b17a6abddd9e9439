import CEpoll
import Glibc

/// What is waited for at a descriptor, and what has come of it.
struct Events: OptionSet {
  let rawValue: UInt32

  static let canRead = Events(rawValue: EPOLLIN.rawValue)
  static let canWrite = Events(rawValue: EPOLLOUT.rawValue)
  /// The other end is gone; the kernel says so without being asked.
  static let isOver = Events(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
}

/// The kernel's list of the descriptors that are waited for, each with a key that its events bring back.
///
/// A key is no pointer: an event of a link that has ended finds nothing.
struct EventQueue: ~Copyable {
  /// As many events as are taken at once.
  static let batch = 64

  private let descriptor: Int32
  private var events = [epoll_event](repeating: epoll_event(), count: batch)

  init?() {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Begins to wait for a descriptor; returns whether the kernel does.
  func add(_ other: Int32, _ interest: Events, key: UInt64) -> Bool {
    control(EPOLL_CTL_ADD, other, interest, key)
  }

  func change(_ other: Int32, _ interest: Events, key: UInt64) {
    _ = control(EPOLL_CTL_MOD, other, interest, key)
  }

  func remove(_ other: Int32) { _ = control(EPOLL_CTL_DEL, other, [], 0) }

  private func control(_ what: Int32, _ other: Int32, _ interest: Events, _ key: UInt64) -> Bool {
    var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: key))
    return epoll_ctl(descriptor, what, other, &event) == 0
  }

  /// Waits until something comes, and returns of how many descriptors; forever when no time is given.
  mutating func wait(milliseconds: Int32?) -> Int {
    max(0, Int(epoll_wait(descriptor, &events, Int32(Self.batch), milliseconds ?? -1)))
  }

  /// One of those that the last wait brought.
  subscript(_ index: Int) -> (key: UInt64, events: Events) {
    (events[index].data.u64, Events(rawValue: events[index].events))
  }
}
