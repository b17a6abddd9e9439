import CCurl
import Foundation

/// One libcurl easy handle, with everything that libcurl points into while it runs.
///
/// Used by one thread at a time: the client's, or the one that pulls a `BlockingExchange`.
final class EasyHandle {
  /// What becomes of a chunk that was offered.
  enum Reception { case taken, later }

  let pointer: UnsafeMutableRawPointer
  let operation: String
  private(set) var isPaused = false
  var watchesIdle: Bool { idleWatch != nil }

  private let receiveHead: (HTTPHead) -> Void
  private let receiveChunk: (UnsafeRawBufferPointer) -> Reception
  private var headParser = HeadParser()
  private var headers: UnsafeMutablePointer<curl_slist>?
  private let errorText: UnsafeMutablePointer<CChar>
  private var idleWatch: IdleWatch?
  private let publicAddressesOnly: Bool
  /// Whether an address was not connected to because it is not public.
  private var hasRefusedAddress = false

  init(
    _ request: HTTPRequest, receiveHead: @escaping (HTTPHead) -> Void,
    receiveChunk: @escaping (UnsafeRawBufferPointer) -> Reception
  ) {
    guard let pointer = curl_easy_init() else { preconditionFailure("libcurl is out of memory") }
    self.pointer = pointer
    operation = request.operation
    self.receiveHead = receiveHead
    self.receiveChunk = receiveChunk
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    publicAddressesOnly = request.publicAddressesOnly
    idleWatch = request.idleTimeout.map { IdleWatch(limit: $0) }
    configureConnection(request)
    configureMessage(request)
    configureCallbacks()
    configureSocket()
  }

  deinit {
    curl_easy_cleanup(pointer)
    curl_slist_free_all(headers)
    errorText.deallocate()
  }

  /// Returns the handle that a pointer from libcurl belongs to.
  static func owner(of easy: UnsafeMutableRawPointer) -> EasyHandle? {
    var pointer: UnsafeMutableRawPointer?
    _ = serin_curl_get_pointer(easy, CURLINFO_PRIVATE, &pointer)
    return pointer.map { Unmanaged<EasyHandle>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Lets libcurl offer again the chunk that was put off.
  func resume() {
    guard isPaused else { return }
    isPaused = false
    curl_easy_pause(pointer, CURLPAUSE_CONT)
  }

  func error(_ code: CURLcode) -> HTTPError {
    if hasRefusedAddress, code == CURLE_COULDNT_CONNECT {
      // Not which address: that would tell others what names mean in this network.
      return HTTPError(
        kind: .refused, operation: operation, message: "the host has no public address")
    }
    return HTTPError(code: code, operation: operation, text: String(cString: errorText))
  }

  /// Returns the error of a handle whose exchange has been silent for too long, or nil.
  ///
  /// libcurl's own LOW_SPEED_TIME averages over several seconds: 2 s took 4.2 s to notice.
  func idleError(at now: ContinuousClock.Instant) -> HTTPError? {
    guard let limit = idleWatch?.limit else { return nil }
    let moved = offset(CURLINFO_SIZE_DOWNLOAD_T) + offset(CURLINFO_SIZE_UPLOAD_T)
    guard idleWatch?.isIdle(moved: moved, isPaused: isPaused, at: now) == true else { return nil }
    return HTTPError(
      kind: .timeout, operation: operation, message: "nothing was transferred for \(limit)")
  }

  private func offset(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    _ = serin_curl_get_offset(pointer, info, &value)
    return Int(value)
  }
}

// MARK: - Options

extension EasyHandle {
  private func set(_ option: CURLoption, _ value: String?) {
    guard let value else { return }
    _ = serin_curl_set_string(pointer, option, value)
  }

  /// libcurl keeps a copy.
  private func set(_ option: CURLoption, _ value: [UInt8]?) {
    value?.withUnsafeBytes { _ = serin_curl_set_blob(pointer, option, $0.baseAddress, $0.count) }
  }

  private func set(_ option: CURLoption, _ value: Int) {
    _ = serin_curl_set_long(pointer, option, value)
  }

  private func set(_ option: CURLoption, _ value: Duration) {
    // 0 would mean libcurl's default, which is five minutes or for ever.
    let (seconds, attoseconds) = value.components
    set(option, max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)))
  }

  private func configureConnection(_ request: HTTPRequest) {
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    // Without it libcurl uses signals for its timeouts, which no threaded program survives.
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout)
    if let timeout = request.timeout { set(CURLOPT_TIMEOUT_MS, timeout) }
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_UNIX_SOCKET_PATH, request.unixSocket)
    set(CURLOPT_CAINFO, request.caFile)
    set(CURLOPT_CAINFO_BLOB, request.authority)
    set(CURLOPT_SSLCERT_BLOB, request.identity?.certificate)
    set(CURLOPT_SSLKEY_BLOB, request.identity?.key)
    if request.netrcFile != nil {
      set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue))
      set(CURLOPT_NETRC_FILE, request.netrcFile)
    }
    set(CURLOPT_PROXY, request.proxy ?? (request.isLoopback ? "" : nil))
    // The proxy's own answer to CONNECT is not the answer.
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
  }

  private func configureMessage(_ request: HTTPRequest) {
    switch (request.method, request.body) {
    case ("GET", nil): set(CURLOPT_HTTPGET, 1)
    case ("HEAD", nil): set(CURLOPT_NOBODY, 1)
    case ("POST", _), ("PUT", _), ("PATCH", _), (_, .some): configureBody(request.body ?? [])
    default: set(CURLOPT_HTTPGET, 1)
    }
    if !["GET", "HEAD"].contains(request.method) || request.body != nil {
      set(CURLOPT_CUSTOMREQUEST, request.method)
    }
    for (name, value) in request.headers {
      append(header: value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    let names = Set(request.headers.map { $0.name.lowercased() })
    // libcurl adds these on its own: a wait of one second, and a claim that the body is a form.
    if !names.contains("expect") { append(header: "Expect:") }
    if !names.contains("content-type") { append(header: "Content-Type:") }
    if !names.contains("user-agent") { append(header: "User-Agent: serin") }
    _ = serin_curl_set_list(pointer, CURLOPT_HTTPHEADER, headers)
  }

  private func configureBody(_ body: [UInt8]) {
    _ = serin_curl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
    // libcurl copies it here; a pointer is needed even when there is nothing to copy.
    (body.isEmpty ? [0] : body).withUnsafeBytes { bytes in
      _ = serin_curl_set_pointer(
        pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
  }

  private func append(header: String) { headers = curl_slist_append(headers, header) }

  private func configureCallbacks() {
    let this = Unmanaged.passUnretained(self).toOpaque()
    _ = serin_curl_set_pointer(pointer, CURLOPT_PRIVATE, this)
    _ = serin_curl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText)
    _ = serin_curl_set_pointer(pointer, CURLOPT_WRITEDATA, this)
    _ = serin_curl_set_callback(pointer, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
      guard let context else { return 0 }
      let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
      return handle.receive(UnsafeRawBufferPointer(start: bytes, count: count))
    }
    _ = serin_curl_set_pointer(pointer, CURLOPT_HEADERDATA, this)
    _ = serin_curl_set_callback(pointer, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
      guard let context else { return 0 }
      let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
      handle.receive(line: UnsafeRawBufferPointer(start: bytes, count: count))
      return count
    }
  }

  /// Keeps our connections out of the processes that we start: libcurl 7.88 does not.
  ///
  /// The address is looked at here, where it is connected to: a name that is resolved before may mean
  /// another address by now.
  private func configureSocket() {
    let this = Unmanaged.passUnretained(self).toOpaque()
    _ = serin_curl_set_pointer(pointer, CURLOPT_OPENSOCKETDATA, this)
    _ = serin_curl_set_socket_callback(pointer) { context, _, address in
      guard let context, let address else { return CURL_SOCKET_BAD }
      let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
      guard handle.mayConnect(to: address) else { return CURL_SOCKET_BAD }
      let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
      return socket(address.pointee.family, type, address.pointee.protocol)
    }
  }

  private func mayConnect(to address: UnsafePointer<curl_sockaddr>) -> Bool {
    guard publicAddressesOnly else { return true }
    let isPublic = PublicAddress.isPublic(address)
    if !isPublic { hasRefusedAddress = true }
    return isPublic
  }

  private func receive(_ chunk: UnsafeRawBufferPointer) -> Int {
    switch receiveChunk(chunk) {
    case .taken: return chunk.count
    case .later:
      isPaused = true
      return Int(CURL_WRITEFUNC_PAUSE)
    }
  }

  private func receive(line: UnsafeRawBufferPointer) {
    guard let head = headParser.take(String(decoding: line, as: UTF8.self)) else { return }
    receiveHead(head)
  }
}
