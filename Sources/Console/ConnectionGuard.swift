import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOHTTPTypes

/// Stands at the door of one connection: nobody stays longer than the limits say, and whoever is sent
/// away is told why.
///
///     waiting ─head▶ reading ─end▶ answering ─answer taken▶ waiting …
///        │              │              │
///        └─ too late, too large, not HTTP, no seat, last answer ─▶ leaving ▶ closed
///
/// A client that is told something while it still sends would lose the answer when the connection is
/// closed at once. So whoever leaves may go on sending for a moment; what it sends is thrown away.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let limits: ConsoleLimits
  private let seats: Allowance
  private var deadline: Scheduled<Void>?
  private var stop: Scheduled<Void>?
  private var hasBegun = false
  /// Requests whose answer was not taken yet.
  private var open = 0
  /// Whether the last of them has not ended.
  private var isReading = false
  /// Whether an answer has begun and not ended.
  private var isAnswering = false
  private var isLast = false
  private var isLeaving = false

  /// What the one who reads a body is told when it does not come in time.
  struct TooLate: Error {}

  init(_ limits: ConsoleLimits, seats: Allowance) {
    self.limits = limits
    self.seats = seats
  }

  // The client.

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard !hasBegun else { return }
    hasBegun = true
    guard seats.take() else {
      let busy = Answer.error(.serviceUnavailable, "too many connections").toBeRepeated
      return leave(context, saying: busy)
    }
    context.channel.closeFuture.whenComplete { [seats] _ in seats.giveBack() }
    schedule(context, limits.head) { guardian, context in
      guardian.leave(context, saying: Self.tooLate)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isLeaving else { return }
    switch unwrapInboundIn(data) {
    case .head:
      (open, isReading) = (open + 1, true)
      schedule(context, limits.body) { guardian, context in guardian.giveUp(context) }
    case .body: break
    case .end:
      isReading = false
      schedule(context, limits.answer) { _, context in context.close(promise: nil) }
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if isLeaving { context.read() } else { context.fireChannelReadComplete() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let isOfConnection = error is IOError || error is ChannelError
    // An answer to an earlier request comes first: then whoever writes it ends the connection.
    let isOnlyRequest = open == 0 || (open == 1 && isReading)
    if !isOfConnection, isOnlyRequest {
      leave(context, saying: isAnswering ? nil : Self.answer(error))
    }
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    stop?.cancel()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if isLeaving, case .some(.inputClosed) = event as? ChannelEvent {
      return context.close(promise: nil)
    }
    if event is ChannelShouldQuiesceEvent {
      stop = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.stop)) {
        context.close(promise: nil)
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  // The answers.

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !isLeaving else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(let head):
      if head.status.kind != .informational { isAnswering = true }
      if head.headerFields[.connection] == "close" { isLast = true }
      context.write(data, promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      let written = promise ?? context.eventLoop.makePromise()
      context.write(data, promise: written)
      written.futureResult.assumeIsolated().whenComplete { _ in self.answered(context) }
    }
  }

  /// The answer is in the hands of the system.
  private func answered(_ context: ChannelHandlerContext) {
    (open, isAnswering) = (open - 1, false)
    guard !isLast else { return leave(context, saying: nil) }
    guard open == 0, !isReading else { return }
    schedule(context, limits.idle) { _, context in context.close(promise: nil) }
  }

  /// Whoever serves this connection closes it when there is no more to do; it closes itself after the
  /// farewell.
  func close(
    context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
  ) {
    guard isLeaving else { return context.close(mode: mode, promise: promise) }
    context.channel.closeFuture.cascade(to: promise)
  }

  // The end.

  /// The request did not come in time.
  private func giveUp(_ context: ChannelHandlerContext) {
    leave(context, saying: open == 1 && !isAnswering ? Self.tooLate : nil)
    context.fireErrorCaught(TooLate())
  }

  private func leave(_ context: ChannelHandlerContext, saying answer: Answer?) {
    guard !isLeaving else { return }
    isLeaving = true
    schedule(context, limits.farewell) { _, context in context.close(promise: nil) }
    guard let answer else { return context.close(mode: .output, promise: nil) }
    let body = ByteBuffer(string: answer.body)
    context.write(wrapOutboundOut(.head(answer.head(isLast: true))), promise: nil)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
    let written = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    written.futureResult.assumeIsolated().whenComplete { _ in
      context.close(mode: .output, promise: nil)
    }
    context.read()
  }

  private func schedule(
    _ context: ChannelHandlerContext, _ duration: Duration,
    _ action: @escaping (ConnectionGuard, ChannelHandlerContext) -> Void
  ) {
    deadline?.cancel()
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration)) {
      action(self, context)
    }
  }

  private static let tooLate = Answer.error(.requestTimeout, "the request did not come in time")

  private static func answer(_ error: any Error) -> Answer {
    switch error as? HTTPParserError {
    case .headerOverflow:
      .error(.requestHeaderFieldsTooLarge, "the headers are too large, or too many")
    default: .error(.badRequest, "the request is not HTTP/1.1")
    }
  }
}
