import CGit2

/// git's protocol over ssh as libgit2 carries it, with an ear in between.
///
/// libgit2 keeps as many references as a server tells of, and takes no word of ours; here they are counted,
/// and what we have is said.
enum SmartShell {
  private typealias Subtransport = UnsafeMutablePointer<serin_git_shell>
  private typealias Stream = UnsafeMutablePointer<serin_git_shell_stream>

  /// What libgit2 calls to make a transport; `parameter` is the `RemoteOperation`.
  static let makeSubtransport: git_smart_subtransport_cb = { out, owner, parameter in
    var inner: UnsafeMutablePointer<git_smart_subtransport>?
    let status = git_smart_subtransport_ssh(&inner, owner, nil)
    guard status == 0 else { return status }
    let pointer = Subtransport.allocate(capacity: 1)
    pointer.initialize(to: serin_git_shell())
    pointer.pointee.inner = inner
    pointer.pointee.operation = parameter
    pointer.pointee.parent.action = { SmartShell.begin($0, $1, $2, $3) }
    pointer.pointee.parent.close = { transport in
      guard let inner = SmartShell.whole(transport)?.pointee.inner else { return -1 }
      return inner.pointee.close(inner)
    }
    pointer.pointee.parent.free = { SmartShell.free($0) }
    out?.pointee =
      UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: git_smart_subtransport.self)
    return 0
  }

  private static func whole(
    _ transport: UnsafeMutablePointer<git_smart_subtransport>?
  ) -> Subtransport? {
    transport.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: serin_git_shell.self) }
  }

  private static func whole(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?
  ) -> Stream? {
    stream.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: serin_git_shell_stream.self) }
  }

  private static func free(_ transport: UnsafeMutablePointer<git_smart_subtransport>?) {
    guard let whole = whole(transport) else { return }
    if let inner = whole.pointee.inner { inner.pointee.free(inner) }
    whole.deallocate()
  }

  /// libgit2 asks twice for one connection, and expects the same stream.
  private static func begin(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>?,
    _ transport: UnsafeMutablePointer<git_smart_subtransport>?, _ url: UnsafePointer<CChar>?,
    _ action: git_smart_service_t
  ) -> Int32 {
    guard let shell = whole(transport), let inner = shell.pointee.inner else { return -1 }
    var found: UnsafeMutablePointer<git_smart_subtransport_stream>?
    let status = inner.pointee.action(&found, inner, url, action)
    guard status == 0 else { return status }
    if let stream = whole(shell.pointee.stream), stream.pointee.inner == found {
      out?.pointee = shell.pointee.stream
      return 0
    }
    let stream = makeStream(around: found, of: shell)
    shell.pointee.stream = stream
    out?.pointee = stream
    return 0
  }

  private static func makeStream(
    around inner: UnsafeMutablePointer<git_smart_subtransport_stream>?, of shell: Subtransport
  ) -> UnsafeMutablePointer<git_smart_subtransport_stream> {
    let pointer = Stream.allocate(capacity: 1)
    pointer.initialize(to: serin_git_shell_stream())
    pointer.pointee.inner = inner
    pointer.pointee.shell = shell
    pointer.pointee.parent.subtransport =
      UnsafeMutableRawPointer(shell).assumingMemoryBound(to: git_smart_subtransport.self)
    pointer.pointee.parent.read = { SmartShell.read($0, $1, $2, $3) }
    pointer.pointee.parent.write = { SmartShell.write($0, $1, $2) }
    pointer.pointee.parent.free = { stream in
      guard let stream = SmartShell.whole(stream) else { return }
      stream.pointee.shell?.pointee.stream = nil
      if let inner = stream.pointee.inner { inner.pointee.free(inner) }
      stream.deallocate()
    }
    return UnsafeMutableRawPointer(pointer)
      .assumingMemoryBound(to: git_smart_subtransport_stream.self)
  }

  /// Reads, and counts what comes before the first word of ours: the references.
  private static func read(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?,
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: UnsafeMutablePointer<Int>?
  ) -> Int32 {
    guard let stream = whole(stream), let inner = stream.pointee.inner else { return -1 }
    let status = inner.pointee.read(inner, buffer, size, count)
    guard status == 0, stream.pointee.advertised >= 0 else { return status }
    stream.pointee.advertised += count?.pointee ?? 0
    let operation = RemoteOperation.from(stream.pointee.shell?.pointee.operation)
    guard operation.refusesAdvertisement(of: stream.pointee.advertised) else { return 0 }
    git_error_set_str(Int32(GIT_ERROR_SSH.rawValue), "the exchange failed")
    return -1
  }

  private static func write(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?,
    _ bytes: UnsafePointer<CChar>?, _ count: Int
  ) -> Int32 {
    guard let stream = whole(stream), let inner = stream.pointee.inner else { return -1 }
    stream.pointee.advertised = -1
    let operation = RemoteOperation.from(stream.pointee.shell?.pointee.operation)
    let words = Array(UnsafeRawBufferPointer(start: bytes, count: count))
    return operation.haves.added(to: words).withUnsafeBytes { words in
      inner.pointee.write(
        inner, words.baseAddress?.assumingMemoryBound(to: CChar.self), words.count)
    }
  }
}
