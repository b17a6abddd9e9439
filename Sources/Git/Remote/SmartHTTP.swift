import CGit2
import HTTP

/// git's protocol over https, carried by libcurl in place of libgit2's own client.
///
/// libgit2's has no time limits, one set of trusted certificates for the whole process, and with
/// mbedTLS does not accept a certificate for an IP address.
enum SmartHTTP {
  /// What libgit2 calls to make a transport; `parameter` is the `RemoteOperation`.
  static let makeSubtransport: git_smart_subtransport_cb = { out, _, parameter in
    let pointer = UnsafeMutablePointer<serin_git_subtransport>.allocate(capacity: 1)
    pointer.initialize(to: serin_git_subtransport())
    pointer.pointee.owner = parameter
    pointer.pointee.parent.action = { begin($0, $1, $2, $3) }
    pointer.pointee.parent.close = { _ in 0 }
    pointer.pointee.parent.free = { $0?.deallocate() }
    out?.pointee =
      UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: git_smart_subtransport.self)
    return 0
  }

  private static func begin(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>?,
    _ subtransport: UnsafeMutablePointer<git_smart_subtransport>?, _ url: UnsafePointer<CChar>?,
    _ action: git_smart_service_t
  ) -> Int32 {
    guard let out, let subtransport, let url, let service = Service(action) else { return -1 }
    let transport = UnsafeMutableRawPointer(subtransport)
      .assumingMemoryBound(to: serin_git_subtransport.self)
    let stream = SmartHTTPStream(
      service, at: String(cString: url), for: .from(transport.pointee.owner))
    out.pointee = stream.asStream(of: subtransport)
    return 0
  }

  /// One of the four questions that git's smart protocol has.
  struct Service {
    let name: String
    let isAdvertisement: Bool

    init?(_ action: git_smart_service_t) {
      switch action {
      case GIT_SERVICE_UPLOADPACK_LS: (name, isAdvertisement) = ("git-upload-pack", true)
      case GIT_SERVICE_UPLOADPACK: (name, isAdvertisement) = ("git-upload-pack", false)
      case GIT_SERVICE_RECEIVEPACK_LS: (name, isAdvertisement) = ("git-receive-pack", true)
      case GIT_SERVICE_RECEIVEPACK: (name, isAdvertisement) = ("git-receive-pack", false)
      default: return nil
      }
    }

    /// What a server that speaks the protocol answers with.
    var contentType: String {
      "application/x-\(name)-\(isAdvertisement ? "advertisement" : "result")"
    }
  }
}

/// One question and its answer: written to until it is first read from.
final class SmartHTTPStream {
  private let service: SmartHTTP.Service
  private let url: String
  private let operation: RemoteOperation
  private var body: [UInt8] = []
  private var exchange: BlockingExchange?
  private var received = 0

  init(_ service: SmartHTTP.Service, at url: String, for operation: RemoteOperation) {
    self.service = service
    self.url = url
    self.operation = operation
  }

  /// Hands itself to libgit2, which keeps it alive until it calls `free`.
  func asStream(
    of subtransport: UnsafeMutablePointer<git_smart_subtransport>
  ) -> UnsafeMutablePointer<git_smart_subtransport_stream> {
    let pointer = UnsafeMutablePointer<serin_git_subtransport_stream>.allocate(capacity: 1)
    pointer.initialize(to: serin_git_subtransport_stream())
    pointer.pointee.owner = Unmanaged.passRetained(self).toOpaque()
    pointer.pointee.parent.subtransport = subtransport
    pointer.pointee.parent.read = { stream, buffer, size, count in
      SmartHTTPStream.from(stream).read(into: buffer, size, count)
    }
    pointer.pointee.parent.write = { stream, bytes, count in
      SmartHTTPStream.from(stream).body.append(
        contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
      return 0
    }
    pointer.pointee.parent.free = { stream in
      Unmanaged.passUnretained(SmartHTTPStream.from(stream)).release()
      stream?.deallocate()
    }
    return UnsafeMutableRawPointer(pointer)
      .assumingMemoryBound(to: git_smart_subtransport_stream.self)
  }

  private static func from(
    _ stream: UnsafeMutablePointer<git_smart_subtransport_stream>?
  ) -> SmartHTTPStream {
    let whole = stream.map {
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: serin_git_subtransport_stream.self)
    }
    guard let owner = whole?.pointee.owner else { preconditionFailure("libgit2 lost a stream") }
    return Unmanaged<SmartHTTPStream>.fromOpaque(owner).takeUnretainedValue()
  }

  private func read(
    into buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: UnsafeMutablePointer<Int>?
  ) -> Int32 {
    let buffer = UnsafeMutableRawBufferPointer(start: buffer, count: size)
    do throws(HTTPError) {
      guard let exchange = try begun() else { return refused() }
      let read = try exchange.read(into: buffer)
      received += read
      guard !service.isAdvertisement || !operation.refusesAdvertisement(of: received) else {
        return refused()
      }
      count?.pointee = read
      return 0
    } catch {
      operation.fail(GitError.Kind(error.kind), error.message)
      return refused()
    }
  }

  /// Sends the question at the first call; nil when the answer is not git's.
  private func begun() throws(HTTPError) -> BlockingExchange? {
    if let exchange { return exchange }
    let exchange = try BlockingExchange(request(), in: operation.http, until: operation.deadline)
    body = []
    let head = try exchange.head()
    guard let problem = problem(with: head) else {
      self.exchange = exchange
      return exchange
    }
    operation.fail(problem.kind, problem.message)
    return nil
  }

  private func request() -> HTTPRequest {
    let path = service.isAdvertisement ? "info/refs?service=\(service.name)" : service.name
    var request = HTTPRequest("\(url)\(url.hasSuffix("/") ? "" : "/")\(path)")
    request.connectTimeout = operation.remote.timeout
    request.caFile = operation.remote.caFile
    // Some hosts answer only to what calls itself git.
    request.headers = [(name: "User-Agent", value: "git/2.0 (serin)")]
    switch operation.remote.auth {
    case .basic(let user, let password): request.authorize(user: user, password: password.reveal())
    case .bearer(let token): request.authorize(bearer: token.reveal())
    default: break
    }
    guard !service.isAdvertisement else { return request }
    request.method = "POST"
    request.headers.append((name: "Content-Type", value: "application/x-\(service.name)-request"))
    request.headers.append((name: "Accept", value: service.contentType))
    request.body = operation.haves.added(to: body)
    return request
  }

  private func problem(with head: HTTPHead) -> (kind: GitError.Kind, message: String)? {
    switch head.status {
    case 200:
      guard head.value(of: "content-type") != service.contentType else { return nil }
      return (.notFound, "the server answered, but not as a git repository")
    case 401:
      return (.authentication, "the server does not accept the credentials, or there are none")
    case 403: return (.authentication, "the server does not permit it (HTTP 403)")
    case 404, 410: return (.notFound, "the server knows no such repository (HTTP \(head.status))")
    case 300..<400:
      let target = head.value(of: "location").flatMap { try? RemoteAddress($0) }
      let place = target.map { "to \($0)" } ?? "elsewhere"
      return (.invalid, "the server redirects \(place): use that address")
    case 429, 500...: return (.connection, "the server failed (HTTP \(head.status))")
    default: return (.other(Int32(head.status)), "unexpected answer (HTTP \(head.status))")
    }
  }

  /// Tells libgit2 to stop; the reason is the operation's.
  private func refused() -> Int32 {
    git_error_set_str(Int32(GIT_ERROR_HTTP.rawValue), "the exchange failed")
    return -1
  }
}

extension GitError.Kind {
  fileprivate init(_ kind: HTTPError.Kind) {
    switch kind {
    case .timeout: self = .timeout
    case .certificate: self = .certificate
    case .connection: self = .connection
    case .refused, .tooLarge: self = .invalid
    case .other: self = .connection
    }
  }
}
