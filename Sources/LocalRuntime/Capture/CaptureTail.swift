import Control
import Logging
import Rollouts
import Threads

/// Hands on what Envoy captures, and keeps the file small.
///
/// It may be stopped, or die, at any moment: the next one goes on where this one wrote down that it
/// was, and what it then hands on twice has the id it had before.
actor CaptureTail {
  private let envoy: EnvoyControl
  private let files: EnvoyFolder
  private let limit: Int
  private let age: Duration
  private let intake: any PayloadIntake
  private let failures: DeduplicatedErrors
  /// The newest answer of each revision that was an error.
  private nonisolated let errors = Lock<[ServerKey: ErrorSample]>([:])
  private var reader: CaptureReader
  private var progress: Progress
  private var saved: Progress
  /// How many lines Envoy had been given when this was last looked at.
  private var given: Int?
  private var nextReview: ContinuousClock.Instant = .now
  /// When the file is put aside whatever its size.
  private var nextRotation: ContinuousClock.Instant
  private var task: Task<Void, Never>?
  private let executor = BlockingQueue(label: "serin.capture")

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// What is written down.
  private struct Progress: Codable, Equatable {
    var position = CaptureReader.Position()
    /// The run of Envoy that the counts belong to.
    var epoch: String?
    /// The lines that were read, of those that it was given.
    var lines = 0
    /// How many of the others were reported.
    var lost = 0
  }

  /// Events are minutes of evidence; nobody waits for one.
  private static let interval: Duration = .milliseconds(500)
  /// Ten times as long as Envoy keeps a line before it writes it.
  private static let reviewInterval: Duration = .seconds(2)

  init(
    envoy: EnvoyControl, limit: Int, age: Duration, intake: any PayloadIntake, logger: Logger
  ) throws {
    self.envoy = envoy
    (self.limit, self.age) = (limit, age)
    nextRotation = .now + age
    self.intake = intake
    files = envoy.configuration.files
    failures = DeduplicatedErrors(logger: logger)
    saved = try Files.decode(Progress.self, from: files.captureProgress) ?? Progress()
    progress = saved
    reader = CaptureReader(files.captureFile, position: saved.position)
  }

  /// Whether more may be captured: what was captured before is nearly read.
  var hasRoom: Bool { reader.size < 2 * limit }

  /// Returns the newest error of each of these servers, and forgets those of all others.
  nonisolated func errors(of servers: some Collection<ServerKey>) -> [ServerKey: ErrorSample] {
    let known = Set(servers)
    return errors.withLock { errors in
      errors = errors.filter { known.contains($0.key) }
      return errors
    }
  }

  func start() {
    task = task ?? Task { await follow() }
  }

  /// Ends; what is then in the file is for the next one.
  func stop() async {
    task?.cancel()
    await task?.value
    task = nil
    await failures.run("write down how far captures were read") { try save() }
  }

  /// Hands on what is left in the files of an Envoy that has ended, and removes them.
  func clear() async throws {
    await stop()
    try await read()
    for path in [files.captureFile, reader.oldPath] { try Files.remove(path) }
    (reader, progress, given) = (CaptureReader(files.captureFile), Progress(), nil)
    try save()
  }

  private func follow() async {
    while !Task.isCancelled {
      await failures.run("read captures") { try await read() }
      await failures.run("put the capture file aside") { try await rotateWhenDue() }
      if ContinuousClock.now >= nextReview { await review() }
      try? await Task.sleep(for: Self.interval)
    }
  }

  private func read() async throws {
    while !Task.isCancelled {
      let step = try reader.next()
      hand(on: step)
      progress.position = reader.position
      if step.isAtEnd { return }
      // Lets `stop` in.
      await Task.yield()
    }
  }

  private func hand(on step: CaptureReader.Step) {
    var lost = step.tooLong
    for bytes in step.lines {
      guard let line = try? CaptureLine(bytes) else {
        if !keep(bytes) { lost += 1 }
        continue
      }
      lost += line.missed
      if let event = line.event { intake.take(event) }
      if let deployment = line.unnamed { intake.noteLost(1, of: deployment) }
    }
    progress.lines += step.lines.count + step.tooLong
    note(lost)
  }

  /// Keeps the error that a line is about; returns whether it is about one.
  private func keep(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let line = ErrorLine(bytes) else { return false }
    errors.withLock { $0[line.server] = line.sample }
    return true
  }

  private func note(_ lost: Int) {
    if lost > 0 { intake.noteLost(lost, of: nil) }
  }

  /// A file that hardly grows is put aside, too: what clients sent is not kept for days.
  private func rotateWhenDue() async throws {
    let isDue = ContinuousClock.now >= nextRotation
    if isDue { nextRotation = .now + age }
    try await rotate(at: isDue ? 1 : limit)
  }

  private func rotate(at limit: Int) async throws {
    try reader.rotate(at: limit)
    // Also when a controller died in between.
    if reader.awaitsReopening { try await envoy.reopenCaptureFile() }
  }

  private func review() async {
    nextReview = .now + Self.reviewInterval
    await failures.run("compare captures with what was written") { try await compare() }
    await failures.run("write down how far captures were read") { try save() }
  }

  /// Finds what Envoy could not write, because the disk is full.
  ///
  /// What it had been given at the last look is in the file by now, and was read. What came since
  /// hides as many losses until it stops coming or is looked at itself: too many are reported only
  /// when a disk hangs for two seconds and then writes.
  /// The file is put aside whatever its size, because what was read of it makes room.
  private func compare() async throws {
    let (epoch, count) = try await envoy.capturesLogged()
    if epoch != progress.epoch {
      (progress.epoch, progress.lines, progress.lost) = (epoch, count, 0)
    } else if let given, given - progress.lines > progress.lost {
      note(given - progress.lines - progress.lost)
      progress.lost = given - progress.lines
      try await rotate(at: 1)
    }
    given = count
  }

  /// Without room, captures are read twice after a restart; a rollback that found none would wait.
  private func save() throws {
    guard progress != saved else { return }
    try Files.encode(
      progress, to: files.captureProgress, stage: files.stage, mayCostBallast: false)
    saved = progress
  }
}
