import Encoding

/// Everything that the requests share: the objects, the accounts, what was asked, and what is to go wrong.
struct ServerState {
  var cluster: Cluster
  /// Who is told of every change before anybody else is.
  var witness: (@Sendable (Cluster) -> Void)?
  /// By token; nil: everybody may do everything.
  var accounts: [String: Account]?
  var log: [LoggedRequest] = []
  var faults = FaultPlan(seed: 1)
  var isAway = false
  var areWatchesSilent = false
  /// The least time between two bookmarks of a watch.
  var bookmarkPause: Duration = .seconds(60)
  /// How long a second of a watch's timeout is; a test that tells a long story makes it short.
  var watchSecond: Duration = .seconds(1)
  /// What wakes each open watch; the value is false when it is to end.
  private var watches: [Int: AsyncStream<Bool>.Continuation] = [:]
  private var opened = 0

  init(_ cluster: Cluster) { self.cluster = cluster }

  var openWatches: Int { watches.count }

  /// Notes a request; returns its place in the log, and what is to go wrong with it.
  mutating func admit(_ request: Request) -> (ticket: Int, fault: Fault?) {
    let target = Target(request.path)
    log.append(LoggedRequest(request, target, account(request)?.name ?? ""))
    let ticket = log.count - 1
    if isAway { return (ticket, .reset) }
    return (ticket, faults.next(log[ticket]))
  }

  mutating func answer(_ request: Request, _ ticket: Int, _ fault: Fault?) -> Reply {
    let reply = fault?.reply ?? answer(request)
    if case .whole(let status, _, _) = reply {
      log[ticket].status = status
    } else {
      log[ticket].status = 200
    }
    return reply
  }

  private mutating func answer(_ request: Request) -> Reply {
    let version = cluster.version
    let reply: Reply
    do throws(APIError) {
      reply = try answered(request)
    } catch {
      reply = Reply(error)
    }
    if cluster.version != version {
      if cluster.collectsGarbage { cluster.collectGarbage() }
      wake()
    }
    return reply
  }

  private mutating func answered(_ request: Request) throws(APIError) -> Reply {
    guard let account = account(request) else {
      throw APIError(code: 401, reason: "Unauthorized", message: "Unauthorized")
    }
    if let reply = Discovery(cluster).answer(request, cluster) { return reply }
    guard let target = Target(request.path), !target.plural.isEmpty else { throw .noPage }
    let verb = target.verb(request)
    if !target.plural.hasPrefix("selfsubject") { try account.check(verb, target) }
    if verb == "create", let reply = try Reviews.answer(request, target, account) { return reply }
    let endpoint = try Endpoint(request, target, account, in: cluster)
    return try endpoint.answer(&cluster)
  }

  private func account(_ request: Request) -> Account? {
    guard let accounts else { return .administrator }
    guard let token = request.token else { return .anonymous }
    return accounts[token]
  }

  /// Lets all watches look.
  func wake() {
    witness?(cluster)
    for watch in watches.values { watch.yield(true) }
  }

  /// Ends all watches as a server does that goes away.
  mutating func endWatches() {
    for watch in watches.values {
      watch.yield(false)
      watch.finish()
    }
    watches = [:]
  }

  mutating func open(_ watch: AsyncStream<Bool>.Continuation) -> Int {
    opened += 1
    watches[opened] = watch
    return opened
  }

  mutating func close(_ number: Int) { watches[number] = nil }
}

extension LoggedRequest {
  init(_ request: Request, _ target: Target?, _ account: String) {
    method = request.method
    let isResource = target.map { !$0.plural.isEmpty } ?? false
    verb = isResource ? target?.verb(request) ?? "" : ""
    group = target?.group ?? ""
    resource = target?.plural ?? ""
    subresource = target?.subresource ?? ""
    namespace = target?.namespace ?? ""
    name = target?.name ?? ""
    path = request.path
    query = request.query
    contentType = request.contentType
    body = String(decoding: request.body, as: UTF8.self)
    self.account = account
  }
}

extension Fault {
  /// What is answered instead; nil when the request is carried out.
  var reply: Reply? {
    switch self {
    case .tooManyRequests(let seconds):
      .whole(
        429,
        [
          ("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"),
          ("Retry-After", "\(seconds)"),
        ], Array("Too many requests, please try again later.\n".utf8))
    case .internalError:
      Reply(
        APIError(
          code: 500, reason: "InternalError",
          message: "Internal error occurred: etcdserver: leader changed", details: [:]))
    case .unavailable: .text(503, "service unavailable\n")
    case .reset, .resetAfterwards, .delay: nil
    }
  }
}

/// What an account may ask about itself.
enum Reviews {
  static func answer(
    _ request: Request, _ target: Target, _ account: Account
  ) throws(APIError) -> Reply? {
    switch target.plural {
    case "selfsubjectaccessreviews":
      let body = try request.object("SelfSubjectAccessReview")
      let asked = body[path: "spec", "resourceAttributes"] ?? [:]
      var wanted = Target("/api/v1/x") ?? target
      wanted.group = asked["group"]?.string ?? ""
      wanted.plural = asked["resource"]?.string ?? ""
      wanted.subresource = asked["subresource"]?.string ?? ""
      wanted.namespace = asked["namespace"]?.string ?? ""
      var answer = body
      let isAllowed = account.may(asked["verb"]?.string ?? "", wanted)
      answer[path: "status", "allowed"] = .bool(isAllowed)
      return .json(201, answer)
    default: return nil
    }
  }
}
