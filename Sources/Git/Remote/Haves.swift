/// The commits that a server is told we have, so that it sends only what is new.
///
/// libgit2 would find them by a walk through the history of every reference, and there may be a commit
/// in it that is too large to be read. So it sees no reference, says that it has nothing, and what we have
/// is put into its words just before it says that this was all.
struct Haves {
  /// "0009done": the end of what is said.
  private static let done = Array("0009done\n".utf8)
  /// So many commits back a common one is found after history was rewritten; else everything comes again.
  static let most = 256

  private let lines: [UInt8]

  init(_ commits: [ObjectID] = []) {
    lines = commits.prefix(Self.most).flatMap { Array("0032have \($0)\n".utf8) }
  }

  /// Returns a request of git's protocol with the commits added; anything else as it is.
  func added(to request: [UInt8]) -> [UInt8] {
    guard !lines.isEmpty, request.suffix(Self.done.count).elementsEqual(Self.done) else {
      return request
    }
    return request.dropLast(Self.done.count) + lines + Self.done
  }
}
