#ifndef SERIN_CGIT2_SHIM_H
#define SERIN_CGIT2_SHIM_H

#include <stddef.h> /* git2 1.5 uses size_t before it includes this */
#include <stdlib.h>
#include <string.h>
#include <git2.h>
#include <git2/sys/alloc.h>
#include <git2/sys/commit.h>
#include <git2/sys/credential.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
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

/* The largest piece of memory that libgit2 gets: a few hundred bytes of a pack can ask for gigabytes.
   Twice the largest file of a ledger, which is the largest object that is ever read on purpose. */
#define SERIN_GIT_LARGEST_PIECE ((size_t)128 << 20)

static inline int serin_git_is_too_large(size_t count, size_t size) {
  return size != 0 && count > SERIN_GIT_LARGEST_PIECE / size;
}
static inline void *serin_git_piece(void *piece) {
  if (!piece) git_error_set_oom();
  return piece;
}
static inline void *serin_git_malloc(size_t n, const char *file, int line) {
  return serin_git_piece(serin_git_is_too_large(n, 1) ? NULL : malloc(n));
}
static inline void *serin_git_calloc(size_t n, size_t size, const char *file, int line) {
  return serin_git_piece(serin_git_is_too_large(n, size) ? NULL : calloc(n, size));
}
static inline void *serin_git_realloc(void *old, size_t n, const char *file, int line) {
  return serin_git_piece(serin_git_is_too_large(n, 1) ? NULL : realloc(old, n));
}
static inline void *serin_git_realloc_array(
    void *old, size_t n, size_t size, const char *file, int line) {
  return serin_git_piece(serin_git_is_too_large(n, size) ? NULL : realloc(old, n * size));
}
static inline void *serin_git_malloc_array(size_t n, size_t size, const char *file, int line) {
  return serin_git_piece(serin_git_is_too_large(n, size) ? NULL : malloc(n * size));
}
static inline char *serin_git_strdup(const char *text, const char *file, int line) {
  return (char *)serin_git_piece(strdup(text));
}
static inline char *serin_git_strndup(const char *text, size_t n, const char *file, int line) {
  return (char *)serin_git_piece(strndup(text, n));
}
static inline char *serin_git_substrdup(const char *text, size_t n, const char *file, int line) {
  char *copy = (char *)serin_git_malloc(n + 1, file, line);
  if (!copy) return NULL;
  memcpy(copy, text, n);
  copy[n] = 0;
  return copy;
}
static inline void serin_git_free(void *piece) { free(piece); }

/* Makes libgit2 refuse what needs a larger piece, as if there were no memory. */
static inline int serin_git_limit_memory(void) {
  git_allocator allocator = {
    serin_git_malloc, serin_git_calloc, serin_git_strdup, serin_git_strndup, serin_git_substrdup,
    serin_git_realloc, serin_git_realloc_array, serin_git_malloc_array, serin_git_free,
  };
  return git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator);
}

/* A database that is asked before all others, and says no to what is too large. */
typedef struct {
  git_odb_backend parent;
  git_odb *objects;
  size_t commit;
  size_t tree;
  size_t blob;
  git_oid known; /* what was let through last; objects do not change */
} serin_git_guard;

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

/* libgit2's own ssh, and one connection of it, each behind one of ours. */
typedef struct {
  git_smart_subtransport parent;
  git_smart_subtransport *inner;
  git_smart_subtransport_stream *stream;
  void *operation;
} serin_git_shell;
typedef struct {
  git_smart_subtransport_stream parent;
  git_smart_subtransport_stream *inner;
  serin_git_shell *shell;
  ssize_t advertised; /* bytes; negative once something was written */
} serin_git_shell_stream;

#endif
