import Glibc

/// A link has nothing more to do, or can do nothing more.
struct Over: Error {}

/// Bytes on their way in one direction.
struct Stream: ~Copyable {
  /// A request of a few rows, and its answer, fit in one piece.
  private static let piece = 16 << 10

  private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
  private var begin = 0
  private var end = 0
  /// Whether its source has no more.
  private var hasEnded = false
  /// Whether its target was told so.
  private(set) var isShut = false

  deinit { bytes.deallocate() }

  /// Whether bytes wait for the target.
  var isWaiting: Bool { end > 0 }
  var wantsMore: Bool { !hasEnded && end < Self.piece }

  /// Moves what can be moved from one descriptor to the other; returns whether anything was.
  mutating func move(
    from source: Int32, to target: Int32, canWrite: Bool
  ) throws(Over) -> Bool {
    let hasRead = try read(from: source)
    guard canWrite else { return hasRead }
    let hasWritten = try write(to: target)
    shut(target)
    return hasRead || hasWritten
  }

  private mutating func read(from source: Int32) throws(Over) -> Bool {
    guard wantsMore else { return false }
    let free = UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
    let count = try Self.moved(recv(source, free.baseAddress, free.count, Self.flags))
    if count == 0 { hasEnded = true }
    end += count ?? 0
    return count ?? 0 > 0
  }

  private mutating func write(to target: Int32) throws(Over) -> Bool {
    guard begin < end else { return false }
    let full = UnsafeRawBufferPointer(rebasing: bytes[begin..<end])
    let count = try Self.moved(send(target, full.baseAddress, full.count, Self.flags)) ?? 0
    begin += count
    if begin == end { (begin, end) = (0, 0) }
    return count > 0
  }

  /// Tells the target that nothing more comes, once it has all.
  private mutating func shut(_ target: Int32) {
    guard hasEnded, !isWaiting, !isShut else { return }
    shutdown(target, Int32(SHUT_WR))
    isShut = true
  }

  /// Neither waits nor is ended by a target that is gone.
  private static let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)

  /// Returns the count of a call; nil when it may succeed later.
  private static func moved(_ count: Int) throws(Over) -> Int? {
    if count >= 0 { return count }
    guard [EAGAIN, EINTR, ENOTCONN].contains(errno) else { throw Over() }
    return nil
  }
}
