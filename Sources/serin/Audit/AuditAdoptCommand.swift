import ArgumentParser
import Control
import Encoding
import Foundation
import Ledger
import Manifests

struct AuditAdoptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt", abstract: "Say which of two histories is the ledger, and record it.",
    discussion: """
      For a ledger whose remote branch was rewritten or deleted, or has commits of somebody else, \
      while the controller has decisions of its own. End the controller first, give \
      the flags that it runs with, and start it again afterwards.

        remote  what is on the remote goes on
        ours    the controller's history goes on, on a branch that is made anew

      With remote, decisions of the controller that are not there stay on a branch beside the \
      ledger's, BRANCH-recovery-EPOCH, and the runtime returns to stable where it was ahead.

      Nothing is forced. To take ours while the remote has another branch of that name, rename that \
      one at its host first.
      """)

  @Option(help: "Whose history goes on.") var take: Adoption.Side
  @Option(help: "Why, for whoever audits the ledger; one line.") var reason: String
  @OptionGroup var controller: ControllerOptions

  func validate() throws {
    guard !reason.isEmpty else { throw ValidationError("--reason must say something.") }
  }

  func run() async throws {
    let configuration = try controller.configuration()
    let outcome = try await Composition.adopt(take, because: reason, configuration)
    guard let (record, publication) = outcome else {
      return print("the remote's branch and the controller's are one history: nothing to adopt")
    }
    guard case .published = publication else {
      throw Failure(
        .unavailable, "the adoption is recorded, but the remote did not take it: \(publication)",
        hint: "the controller publishes it when the remote lets it")
    }
    print(Self.text(record))
  }

  private static func text(_ record: Adoption) -> String {
    let kept = record.keptAt.map { branch in
      "\(record.leftCommits.of("commit")) of the controller stay on \(branch)"
    }
    let lines = [
      "\(record.taken == .remote ? "the remote's" : "the controller's") history goes on at \(record.tip)",
      kept, "recorded in epoch \(record.controller.epoch); start the controller again",
    ]
    return lines.compactMap(\.self).map(DisplayText.safe).joined(separator: "\n")
  }
}

extension Adoption.Side: ExpressibleByArgument {}
