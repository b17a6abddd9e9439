import CGit2
import Foundation

/// libgit2's state of the process, set up once.
enum GitLibrary {
  private static let isInitialized: Bool = {
    // OpenSSL and libssh2 leave a broken pipe to the program, and the default ends it.
    signal(SIGPIPE, SIG_IGN)
    requireHome()
    let count = git_libgit2_init()
    // What a delta says that it comes to is believed before it is made.
    serin_git_limit_memory()
    // Nothing that happens to lie on the machine may change what Serin does.
    for level in [
      GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
      GIT_CONFIG_LEVEL_GLOBAL,
    ] { serin_git_set_search_path(level.rawValue, "") }
    // Clones that belong to other users are only ever read, and never run anything.
    serin_git_set_owner_validation(0)
    // A decision is durable before its effect.
    serin_git_set_fsync(1)
    // 256 MB by default: whoever walks along a whole branch would come to use it.
    serin_git_set_cache_size(16 << 20)
    // Each is read once, and thousands of them would leave no place for trees.
    serin_git_set_cached(GIT_OBJECT_COMMIT, 0)
    // The tree of a folder with ten thousand manifests has 400 KB; it would be inflated for each of them.
    serin_git_set_cached(GIT_OBJECT_TREE, 1 << 20)
    // Whole packs by default, however large they are.
    serin_git_set_windows(1 << 20, 32 << 20)
    WatchedSocket.install()
    return count > 0
  }()

  /// Sets `HOME` where it is missing, as in a service of systemd: without it libgit2's ssh fails.
  private static func requireHome() {
    guard getenv("HOME").map({ $0.pointee == 0 }) ?? true else { return }
    setenv("HOME", NSHomeDirectory(), 1)
  }

  static func initialize() { precondition(isInitialized, "libgit2 could not be initialised") }
}
