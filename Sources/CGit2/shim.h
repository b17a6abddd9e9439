#ifndef SERIN_CGIT2_SHIM_H
#define SERIN_CGIT2_SHIM_H

#include <stddef.h> /* git2 1.5 uses size_t before it includes this */
#include <git2.h>
#include <git2/sys/commit.h>
#include <git2/sys/credential.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/stream.h>
#include <git2/sys/transport.h>

#if LIBGIT2_VER_MAJOR != 1
#error "serin is written against libgit2 1.x"
#endif

/* `git_libgit2_opts` is variadic, which Swift cannot call: one typed function per option in use. */
static inline int serin_git_set_search_path(int level, const char *path) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}
static inline int serin_git_set_owner_validation(int enabled) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}
static inline int serin_git_set_cache_size(size_t bytes) {
  return git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)bytes);
}
static inline int serin_git_set_windows(size_t bytes, size_t limit) {
  int status = git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, bytes);
  return status < 0 ? status : git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, limit);
}
static inline int serin_git_set_cached(git_object_t type, size_t bytes) {
  return git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, type, bytes);
}
static inline int serin_git_set_fsync(int enabled) {
  return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, enabled);
}

/* What libgit2 1.x takes a registered stream to be: its ssh transport reads the descriptor straight
   from this struct (its own git_socket_stream), whatever the stream's functions do. */
typedef struct {
  git_stream parent;
  char *host;
  char *port;
  int descriptor;
} serin_git_socket_stream;

/* Objects that libgit2 knows by their first member, with the Swift object behind them. */
typedef struct {
  git_smart_subtransport parent;
  void *owner;
} serin_git_subtransport;
typedef struct {
  git_smart_subtransport_stream parent;
  void *owner;
} serin_git_subtransport_stream;

#endif
