import ArgumentParser
import Audit
import Foundation
import Git
import Glibc
import Ledger

/// How fast an audit goes through the ledger in a clone, and what memory it takes.
///
/// What `serin audit verify` does, by the same parts; a process of its own, so that its memory is its
/// own, too.
struct AuditSpeed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Measure how fast the ledger in a clone is verified.")

  @Option(help: "The clone.") var repo: String
  @Option(help: "The keys to trust.") var allowedSigners: String
  @Flag(help: "Leave out making every decision again.") var withoutReplay = false

  func run() async throws {
    let text = String(decoding: try Data(contentsOf: URL(filePath: allowedSigners)), as: UTF8.self)
    let branch = try LedgerBranch(clone: repo)
    let began = Usage(.process)
    var audit = LedgerAudit(signers: try AllowedSigners(text), replays: !withoutReplay)
    _ = try await branch.begin(after: nil)
    try await audit.check(branch) { _, _ in }
    let spent = Usage(.process).since(began)
    let rate = Double(audit.report.decisions) / spent.processor
    print(
      "\(whole(rate)) decisions per second of one core,",
      "\(whole(Double(audit.report.decisions) / spent.elapsed)) per second;",
      "at most \(spent.residentKiB / 1024) MiB resident")
  }
}

/// What a process, or those that it has waited for, has used so far.
struct Usage {
  enum Who: __rusage_who_t {
    case process = 0
    case children = -1
  }

  private(set) var elapsed: Double
  /// Processor time, in seconds.
  private(set) var processor: Double
  /// The largest that it ever was.
  let residentKiB: Int

  init(_ who: Who) {
    var usage = rusage()
    getrusage(who.rawValue, &usage)
    elapsed = (ContinuousClock.now - Self.start) / .seconds(1)
    processor = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
    residentKiB = usage.ru_maxrss
  }

  func since(_ earlier: Usage) -> Usage {
    var spent = self
    spent.elapsed -= earlier.elapsed
    spent.processor -= earlier.processor
    return spent
  }

  private static let start = ContinuousClock.now

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }
}
