import ArgumentParser
import Foundation

/// The command line: one subcommand a file, and one place where errors become exit codes.
@main
struct Serin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serin",
    abstract: "Deploy machine-learning models from git, as fast as the evidence allows.",
    discussion: """
      Serin watches a git repository of ModelDeployment manifests, shifts traffic to a new model \
      version step by step, rolls it back when it breaks a promise, and commits every decision \
      with its numbers to a branch of its own.

      Exit codes: 0 success; 1 something given is wrong (a manifest, a file, a name, a missing \
      tool); 64 wrong usage; 65 what was fetched is not what was asked for; 69 a repository or server cannot be reached; 70 an error in serin; \
      77 another controller took the ledger over.
      """,
    version: Version.current,
    subcommands: [
      RunCommand.self, StopCommand.self, ValidateCommand.self, PlanCommand.self,
      SimulateCommand.self, StatusCommand.self, HistoryCommand.self, AuditCommand.self,
      ProfileCommand.self, BatchCommand.self,
      KeygenCommand.self, DigestCommand.self, FetchCommand.self, SchemaCommand.self,
      VersionCommand.self,
    ])

  static func main() async {
    Memory.keepSmall()
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let code as ExitCode {
      Foundation.exit(code.rawValue)
    } catch {
      Failure(error).exit(from: self)
    }
  }
}

/// Which serin this is.
enum Version {
  static let current = "0.1.0"
}
