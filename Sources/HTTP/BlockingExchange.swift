import CCurl

/// An exchange that the calling thread drives itself, by pulling the answer out of it.
///
/// For libgit2, whose transports are blocking calls. Must not be used on Swift's own threads.
package final class BlockingExchange {
  private let session: BlockingSession
  private let handle: EasyHandle
  private let answer: Answer
  private let deadline: ContinuousClock.Instant
  private var isOver = false
  private var failure: HTTPError?

  /// What has come and was not pulled yet.
  private final class Answer {
    var head: HTTPHead?
    var bytes: [UInt8] = []
    var start = 0

    var isEmpty: Bool { start == bytes.count }

    func append(_ chunk: UnsafeRawBufferPointer) {
      if isEmpty {
        bytes.removeAll(keepingCapacity: true)
        start = 0
      }
      bytes.append(contentsOf: chunk)
    }

    func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
      let count = min(buffer.count, bytes.count - start)
      bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[start..<start + count])) }
      start += count
      return count
    }
  }

  /// Begins an exchange; nothing is sent before the first pull.
  ///
  /// It fails for good at `deadline`: one moment, and not a duration, so that the several exchanges
  /// of one fetch share it. The request's own `timeout` is not used.
  package init(
    _ request: HTTPRequest, in session: BlockingSession, until deadline: ContinuousClock.Instant
  ) throws(HTTPError) {
    try request.validate()
    var request = request
    request.timeout = nil
    let answer = Answer()
    self.session = session
    self.answer = answer
    self.deadline = deadline
    handle = EasyHandle(
      request, receiveHead: { answer.head = $0 },
      receiveChunk: { chunk in
        answer.append(chunk)
        return .taken
      })
    curl_multi_add_handle(session.multi, handle.pointer)
  }

  deinit { curl_multi_remove_handle(session.multi, handle.pointer) }

  /// Waits for the head of the answer.
  package func head() throws(HTTPError) -> HTTPHead {
    while true {
      if let head = answer.head { return head }
      guard !isOver else {
        throw HTTPError(kind: .connection, operation: handle.operation, message: "no answer")
      }
      try advance()
    }
  }

  /// Waits for the next bytes of the body and returns how many there are; 0 at its end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPError) -> Int {
    while answer.isEmpty, !isOver { try advance() }
    return answer.take(into: buffer)
  }

  /// Moves what can be moved, and otherwise waits a little.
  private func advance() throws(HTTPError) {
    if let failure { throw failure }
    do throws(HTTPError) {
      try step()
    } catch {
      // Kept, so that a broken answer is never taken for one that has ended.
      failure = error
      throw error
    }
  }

  private func step() throws(HTTPError) {
    var count: Int32 = 0
    curl_multi_perform(session.multi, &count)
    try finishDone()
    guard answer.isEmpty, !isOver else { return }
    let now = ContinuousClock.now
    guard now < deadline else {
      throw HTTPError(kind: .timeout, operation: handle.operation, message: "took too long")
    }
    if let error = handle.idleError(at: now) { throw error }
    // Short enough that deadlines are met closely; libcurl wakes earlier when bytes come.
    curl_multi_poll(session.multi, nil, 0, 50, nil)
  }

  private func finishDone() throws(HTTPError) {
    var left: Int32 = 0
    while let message = curl_multi_info_read(session.multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, message.pointee.easy_handle == handle.pointer
      else { continue }
      let code = serin_curl_message_result(message)
      guard code == CURLE_OK else { throw handle.error(code) }
      isOver = true
    }
  }
}

/// The connections that blocking exchanges of one operation share.
///
/// One thread at a time, and one exchange at a time that is being pulled.
package final class BlockingSession {
  let multi: UnsafeMutableRawPointer

  package init() {
    CurlLibrary.initialize()
    guard let multi = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
    self.multi = multi
  }

  deinit { curl_multi_cleanup(multi) }
}
