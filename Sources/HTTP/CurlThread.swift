import CCurl
import Foundation

/// The thread that owns every libcurl handle of one client.
///
/// It sleeps in `curl_multi_poll` until a socket or the queue has something for it.
struct CurlThread {
  private let multi: UnsafeMutableRawPointer
  private let commands: CommandQueue
  private var live: [ObjectIdentifier: Exchange] = [:]

  private struct Exchange {
    let transfer: Transfer
    let handle: EasyHandle
  }

  private init(multi: UnsafeMutableRawPointer, commands: CommandQueue) {
    self.multi = multi
    self.commands = commands
  }

  /// Starts the thread and returns the way to reach it; it ends with the command `stop`.
  static func start() -> CommandQueue {
    CurlLibrary.initialize()
    guard let multi = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
    let commands = CommandQueue(waking: multi)
    let address = UInt(bitPattern: multi)
    let thread = Thread {
      guard let multi = UnsafeMutableRawPointer(bitPattern: address) else { return }
      var curl = CurlThread(multi: multi, commands: commands)
      curl.run()
    }
    thread.start()
    return commands
  }

  private mutating func run() {
    serin_curl_name_thread("serin-http")
    while obey(commands.take()) {
      var count: Int32 = 0
      curl_multi_perform(multi, &count)
      finishDone()
      finishIdle()
      curl_multi_poll(multi, nil, 0, pollMilliseconds, &count)
    }
    commands.close()
    for exchange in live.values { finish(exchange, .failure(CancellationError())) }
    curl_multi_cleanup(multi)
  }

  /// How long to sleep when nothing happens: libcurl shortens it to its own next time limit.
  private var pollMilliseconds: Int32 {
    // 100 ms is how late an idle limit, which is ours to watch, may be noticed.
    live.values.contains { $0.handle.watchesIdle } ? 100 : 10_000
  }

  /// Returns whether to go on.
  private mutating func obey(_ commands: [CommandQueue.Command]) -> Bool {
    for command in commands {
      switch command {
      case .start(let request, let transfer): start(request, transfer)
      case .resume(let transfer): live[ObjectIdentifier(transfer)]?.handle.resume()
      case .cancel(let transfer): cancel(transfer)
      case .stop: return false
      }
    }
    return true
  }

  private mutating func start(_ request: HTTPRequest, _ transfer: Transfer) {
    // A cancellation may overtake the start it belongs to.
    guard !transfer.isOver else { return }
    let handle = EasyHandle(
      request, receiveHead: { transfer.begin($0) }, receiveChunk: { transfer.offer($0) })
    let exchange = Exchange(transfer: transfer, handle: handle)
    live[ObjectIdentifier(transfer)] = exchange
    let code = curl_multi_add_handle(multi, handle.pointer)
    guard code != CURLM_OK else { return }
    let error = HTTPError(
      kind: .other, operation: handle.operation, message: String(cString: curl_multi_strerror(code))
    )
    finish(exchange, .failure(error))
  }

  private mutating func cancel(_ transfer: Transfer) {
    guard let exchange = live[ObjectIdentifier(transfer)] else {
      return transfer.finish(.failure(CancellationError()))
    }
    finish(exchange, .failure(CancellationError()))
  }

  private mutating func finishDone() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let handle = EasyHandle.owner(of: easy),
        let exchange = live.values.first(where: { $0.handle === handle })
      else { continue }
      let code = serin_curl_message_result(message)
      finish(exchange, code == CURLE_OK ? .success(()) : .failure(handle.error(code)))
    }
  }

  private mutating func finishIdle() {
    let now = ContinuousClock.now
    for exchange in live.values {
      guard let error = exchange.handle.idleError(at: now) else { continue }
      finish(exchange, .failure(error))
    }
  }

  private mutating func finish(_ exchange: Exchange, _ result: Result<Void, any Error>) {
    curl_multi_remove_handle(multi, exchange.handle.pointer)
    live[ObjectIdentifier(exchange.transfer)] = nil
    exchange.transfer.finish(result)
  }
}

/// libcurl's state of the process.
enum CurlLibrary {
  /// Done once, by whoever comes first: libcurl itself does not order two first calls.
  private static let isInitialized: Bool = {
    // libcurl without signals leaves a broken pipe to the program, and the default ends it.
    signal(SIGPIPE, SIG_IGN)
    return curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
  }()

  static func initialize() { precondition(isInitialized, "libcurl could not be initialised") }
}
