import Control
import Foundation
import HTTP
import Logging
import Manifests
import Rollouts
import Threads
import Wording

// Staying up.
extension ModelServer {
  /// Looks after a server that has answered once, until cancelled.
  func keepUp(_ artifact: Artifact) async throws {
    isKeptUp = true
    defer { isKeptUp = false }
    var history = RestartHistory(now: .now)
    var misses = 0
    var nextProbe = ContinuousClock.now
    var answered = ContinuousClock.now
    while true {
      try Task.checkCancellation()
      guard process?.isAlive == true else {
        try await restart(artifact, &history)
        (misses, nextProbe, answered) = (0, .now, .now)
        continue
      }
      if nextProbe <= .now {
        killsBefore = kills
        misses = await look(&history, misses: misses)
        // While it is not ready, each beat counts.
        nextProbe = .now + (readiness == .ready ? Self.probeInterval : .zero)
        if misses == 0 { answered = .now }
        if ContinuousClock.now - answered > silenceLimit { try await endSilence(since: answered) }
      }
      try await Task.sleep(for: Self.heartbeat)
    }
  }

  /// How long a server that runs may not be ready before it is ended and started again.
  ///
  /// One with a single thread answers no probe while it answers a request, which may take `requestTimeout`; twice
  /// that, and ten seconds at least, is no longer work.
  private var silenceLimit: Duration {
    max(.seconds(10), parts.files.settings.requestTimeout * 2)
  }

  /// Ends a server that hangs: to its clients it is as dead as one that has ended, and will not end by itself.
  private func endSilence(since moment: ContinuousClock.Instant) async throws {
    guard let process else { return }
    logger.warning(
      "model server hangs and is ended",
      metadata: [
        "pid": "\(process.pid)",
        "silent-for": "\((ContinuousClock.now - moment).components.seconds)s",
      ])
    try await process.stop(grace: .seconds(1))
  }

  /// Asks a server that runs; returns how many times in a row it has not answered.
  private func look(_ history: inout RestartHistory, misses: Int) async -> Int {
    let answer = await ask()
    guard answer == .ready else {
      if case .taken(let owner) = answer {
        become(.preparing(whatIsAwaited(from: owner)))
        return misses + 1
      }
      if history.attempt == 0, misses + 1 >= Self.missLimit {
        become(.preparing("not ready although it runs: \(answer)"))
      }
      return misses + 1
    }
    // It may be at another address than before.
    if readiness != .ready, await !isAnnounced() { return misses + 1 }
    if !history.isCrashLoop(now: .now) { become(.ready) }
    history.noteReady()
    return 0
  }

  /// Notes that the process has ended by itself; of each process once.
  ///
  /// The runtime calls it when it is observed, too: what fails because the server is dead must not be
  /// blamed on the model because the next beat is still to come.
  func noteCrash() {
    guard isKeptUp, let process, noted != process.identity, !process.isAlive else { return }
    noted = process.identity
    isListening.withLock { $0 = false }
    let crash = Crash(
      count: (record.crash?.count ?? 0) + 1, at: SystemClock().now,
      exitCode: ending?.exitCode, signal: ending?.signal,
      isOutOfMemory: OutOfMemory.isLikely(
        ending, before: killsBefore, after: kills),
      detail: log.lastWords(since: logOffset))
    record.crash = crash
    lastCrash.withLock { $0 = crash }
    // What is known to be dead answers nobody, also before the next beat.
    if readiness == .ready { become(.preparing("restarting")) }
    logger.warning(
      "model server died and is started again",
      metadata: ["pid": "\(process.pid)", "how": "\(crash.summary)"])
  }

  private func restart(_ artifact: Artifact, _ history: inout RestartHistory) async throws {
    noteCrash()
    _ = await isAnnounced()
    let delay = history.noteDeath(now: .now)
    let last = record.crash?.detail ?? "no word in its log"
    if history.isCrashLoop(now: .now) {
      become(.failed("crash loop: \(last)"))
    } else {
      become(.preparing("restarting, attempt \(history.attempt)"))
    }
    try await Task.sleep(for: delay)
    do {
      try await launch(artifact, what: "restarting")
    } catch let error as LocalRuntimeError where [.process, .file, .full].contains(error.kind) {
      // The next round tries again, later.
      logger.error("model server could not be started", metadata: ["error": "\(error)"])
    }
    history.noteStart(now: .now)
  }
}
