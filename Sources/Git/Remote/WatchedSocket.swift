import CGit2
import Dispatch
import Foundation
import Threads

/// The sockets of libgit2's ssh, each with a guard that ends it when the time is up.
///
/// libgit2 1.5 waits for ever: it has no limit for connecting or for an answer, and libssh2 reads
/// the socket by itself. So the socket is made here, where its descriptor is known, and at the
/// deadline it is shut down: every wait on it then ends at once, with an error.
enum WatchedSocket {
  /// The time limit of the operation that runs on one thread, and the socket that it has open.
  final class Guard: Sendable {
    fileprivate struct State {
      var descriptor: Int32 = -1
      var retired: [Int32] = []
      var isExpired = false
      var hostKeyLine: String?
    }

    fileprivate let state = Lock(State())
    let deadline: ContinuousClock.Instant

    init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

    var isExpired: Bool { state.withLock { $0.isExpired } }

    /// Sets the known_hosts line by which libgit2 chooses the type of key to ask for.
    func prefer(_ line: String?) { state.withLock { $0.hostKeyLine = line } }

    fileprivate func expire() {
      state.withLock { state in
        state.isExpired = true
        guard state.descriptor >= 0 else { return }
        shutdown(state.descriptor, Int32(SHUT_RDWR))
      }
    }

    /// Returns whether the socket may be used: not when the time is already up.
    fileprivate func watch(_ descriptor: Int32) -> Bool {
      state.withLock { state in
        state.descriptor = descriptor
        return !state.isExpired
      }
    }

    /// Ends a connection; its descriptor stays reserved until the operation is over.
    ///
    /// libgit2 1.5 frees the ssh session of a connection that failed after it has closed the socket,
    /// and libssh2 then makes that descriptor blocking again: by that time it would be another
    /// thread's.
    fileprivate func retire(_ descriptor: Int32) {
      state.withLock { state in
        if state.descriptor == descriptor { state.descriptor = -1 }
        state.retired.append(descriptor)
        shutdown(descriptor, Int32(SHUT_RDWR))
      }
    }

    fileprivate func closeRetired() {
      state.withLock { state in
        for descriptor in state.retired { close(descriptor) }
        state.retired = []
      }
    }
  }

  /// By thread, since libgit2 hands nothing through to a stream; an operation stays on one thread.
  private static let guards = Lock<[UInt: Guard]>([:])

  private static let clock = DispatchQueue(label: "serin.git.deadlines")

  fileprivate static var current: Guard? {
    let thread = UInt(pthread_self())
    return guards.withLock { $0[thread] }
  }

  /// The line that was set for the operation that runs on this thread.
  static var hostKeyLine: String? { current?.state.withLock { $0.hostKeyLine } }

  /// Runs `body`, whose sockets end at the guard's deadline.
  static func guarded<Result>(
    by guardian: Guard, _ body: () throws(GitError) -> Result
  ) throws(GitError) -> Result {
    let thread = UInt(pthread_self())
    guards.withLock { $0[thread] = guardian }
    defer {
      guards.withLock { $0[thread] = nil }
      guardian.closeRetired()
    }
    let timer = DispatchSource.makeTimerSource(queue: clock)
    let left = ContinuousClock.now.duration(to: guardian.deadline)
    timer.schedule(deadline: .now() + left.inSeconds)
    timer.setEventHandler { guardian.expire() }
    timer.resume()
    defer { timer.cancel() }
    return try body()
  }

  /// Makes libgit2 use these sockets for everything that is not encrypted by itself.
  static func install() {
    var registration = git_stream_registration()
    registration.version = GIT_STREAM_VERSION
    registration.`init` = { out, host, port in
      guard let out, let host, let port else { return -1 }
      out.pointee = makeStream(host, port)
      return 0
    }
    let status = git_stream_register(GIT_STREAM_STANDARD, &registration)
    precondition(status == 0, "libgit2 did not take the stream")
  }
}

// MARK: - The stream that libgit2 sees

private typealias Stream = UnsafeMutablePointer<serin_git_socket_stream>

private func makeStream(
  _ host: UnsafePointer<CChar>, _ port: UnsafePointer<CChar>
) -> UnsafeMutablePointer<git_stream> {
  let stream = Stream.allocate(capacity: 1)
  stream.initialize(to: serin_git_socket_stream())
  stream.pointee.host = strdup(host)
  stream.pointee.port = strdup(port)
  stream.pointee.descriptor = -1
  stream.pointee.parent.version = GIT_STREAM_VERSION
  stream.pointee.parent.connect = { connectStream($0) }
  stream.pointee.parent.read = { stream, buffer, count in
    receive(from: stream, buffer, count)
  }
  stream.pointee.parent.write = { stream, buffer, count, _ in send(to: stream, buffer, count) }
  stream.pointee.parent.close = { closeStream($0) }
  stream.pointee.parent.free = { freeStream($0) }
  return UnsafeMutableRawPointer(stream).assumingMemoryBound(to: git_stream.self)
}

private func whole(_ stream: UnsafeMutablePointer<git_stream>?) -> Stream? {
  stream.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: serin_git_socket_stream.self) }
}

private func fail(_ message: String) -> Int32 {
  git_error_set_str(Int32(GIT_ERROR_NET.rawValue), message)
  return -1
}

private func connectStream(_ stream: UnsafeMutablePointer<git_stream>?) -> Int32 {
  guard let stream = whole(stream), let guardian = WatchedSocket.current else {
    return fail("a connection outside of an operation")
  }
  let host = String(cString: stream.pointee.host)
  let connection = Connection(
    host: host, port: String(cString: stream.pointee.port), deadline: guardian.deadline)
  switch connection.open() {
  case .failure(let error): return fail(error.message)
  case .success(let descriptor):
    stream.pointee.descriptor = descriptor
    return guardian.watch(descriptor) ? 0 : fail("took too long to connect to \(host)")
  }
}

private func receive(
  from stream: UnsafeMutablePointer<git_stream>?, _ buffer: UnsafeMutableRawPointer?, _ count: Int
) -> Int {
  guard let stream = whole(stream), let buffer else { return -1 }
  let received = recv(stream.pointee.descriptor, buffer, count, 0)
  if received < 0 { _ = fail("receiving: \(String(cString: strerror(errno)))") }
  return received
}

private func send(
  to stream: UnsafeMutablePointer<git_stream>?, _ buffer: UnsafePointer<CChar>?, _ count: Int
) -> Int {
  guard let stream = whole(stream), let buffer else { return -1 }
  var sent = 0
  while sent < count {
    let written = Glibc.send(
      stream.pointee.descriptor, buffer + sent, count - sent, Int32(MSG_NOSIGNAL))
    guard written > 0 else { return Int(fail("sending: \(String(cString: strerror(errno)))")) }
    sent += written
  }
  return sent
}

private func closeStream(_ stream: UnsafeMutablePointer<git_stream>?) -> Int32 {
  guard let stream = whole(stream), stream.pointee.descriptor >= 0 else { return 0 }
  let descriptor = stream.pointee.descriptor
  stream.pointee.descriptor = -1
  guard let guardian = WatchedSocket.current else {
    return fail("a connection outlived its operation")
  }
  guardian.retire(descriptor)
  return 0
}

private func freeStream(_ stream: UnsafeMutablePointer<git_stream>?) {
  guard let stream = whole(stream) else { return }
  free(stream.pointee.host)
  free(stream.pointee.port)
  stream.deallocate()
}
