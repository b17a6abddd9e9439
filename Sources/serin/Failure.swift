import ArgumentParser
import Console
import Control
import Encoding
import Foundation
import Git
import HTTP
import Ledger
import LocalRuntime
import Manifests
import Profiling

/// An error on its way to a person: what, what to do, and the exit code.
struct Failure: Error, CustomStringConvertible {
  enum Kind: Int32 {
    /// Something the person gave is wrong.
    case user = 1
    /// What was fetched is not what was asked for, and never will be.
    case wrongData = 65
    /// A repository or server did not answer.
    case unavailable = 69
    /// An error in serin.
    case `internal` = 70
    /// Another controller is in charge.
    case fenced = 77
  }

  let kind: Kind
  let description: String
  let hint: String?
  /// What ArgumentParser itself threw: it knows best how to say it.
  private var parsing: (any Error)?

  init(_ kind: Kind, _ description: String, hint: String? = nil) {
    self.kind = kind
    self.description = description
    self.hint = hint
  }

  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as GitError: self.init(Self.kind(of: error), "\(error)")
    case let error as Controller.Unreachable: self.init(.unavailable, "\(error)")
    case let error as Controller.NotInCharge:
      self.init(
        .unavailable, "\(error)",
        hint: "end it, or wait until it is over; if it is dead: serin run --take-over")
    case let error as Controller.Quiet:
      self.init(.unavailable, "\(error)", hint: "if it is dead: serin run --take-over")
    case let error as Fenced:
      self.init(
        .fenced, "\(error)",
        hint: "leave it to the other one; if this one is to go on: end that one, then "
          + (error.mustBeAdopted
            ? "serin audit adopt --take remote --reason WHY, then serin run --take-over"
            : "serin run --take-over"))
    case let error as ConsoleError:
      self.init(
        .user, "\(error)",
        hint: error.isTaken
          ? "another serin may be there; give another address with --listen" : nil)
    case let error as HTTPError: self.init(.unavailable, "\(error)")
    case let error as LedgerError: self.init(.user, "\(error)")
    case let error as LocalRuntimeError: self.init(.user, "\(error)", hint: Self.hint(for: error))
    case let error as TableError: self.init(error)
    case let error as CocoaError: self.init(.user, Self.words(of: error))
    default:
      self.init(.internal, "\(error)")
      parsing = error
    }
  }

  private static func hint(for error: LocalRuntimeError) -> String? {
    guard error.kind == .addressTaken else { return nil }
    return
      "answer elsewhere with --serve HOST:PORT, or local.listen of the runtime in the Controller "
      + "file; an Envoy that another serin left there ends with serin stop --state DIR"
  }

  /// Why a file that a person named cannot be read.
  init(unreadable path: String) {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let why = isFolder.boolValue ? "it is a folder" : isThere ? "it cannot be read" : "no such file"
    self.init(.user, "\(path): \(why)")
  }

  /// What Foundation could not do, and with which file, which its own words leave out.
  private static func words(of error: CocoaError) -> String {
    let path = error.filePath ?? error.url?.path
    return path.map { "\($0): \(error.localizedDescription)" } ?? error.localizedDescription
  }

  private static func kind(of error: GitError) -> Kind {
    switch error.kind {
    case .timeout, .connection, .certificate, .unknownHost, .authentication: .unavailable
    case .notFound, .conflict, .nonFastForward, .invalid, .tooLarge: .user
    case .other: .internal
    }
  }

  /// Prints the error to standard error and ends the process.
  func exit<Command: ParsableCommand>(from command: Command.Type) -> Never {
    if let parsing, Command.exitCode(for: parsing) != .failure { Command.exit(withError: parsing) }
    let lines = "error: \(description)\n\(hint.map { "hint: \($0)\n" } ?? "")"
    let text = lines.split(separator: "\n", omittingEmptySubsequences: false)
      .map { DisplayText.safe(String($0)) }.joined(separator: "\n")
    FileHandle.standardError.write(Data(text.utf8))
    Foundation.exit(kind.rawValue)
  }
}

extension Data {
  /// Reads a file that a person named.
  init(given path: String) throws {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw Failure(unreadable: path)
    }
    self = data
  }
}
