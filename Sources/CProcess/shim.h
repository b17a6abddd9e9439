#ifndef SERIN_CPROCESS_SHIM_H
#define SERIN_CPROCESS_SHIM_H

/* What Linux lets a process say about itself and its children, and Swift's Glibc module leaves out. */
#include <spawn.h>
#include <sys/prctl.h>

/* `prctl` is variadic, which Swift cannot call. */
static inline int serin_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }
static inline int serin_may_be_dumped(void) { return prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L); }

/* What a thread hands down to the programs that it starts, unlike what it may do itself. */
static inline void serin_hand_down_nothing(void) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
}
static inline void serin_hand_down(int capability) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (long)capability, 0L, 0L);
}

/* glibc declares these functions to GNU sources only, which Swift's are not. */
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
extern int close_range(unsigned int first, unsigned int last, int flags);
/* CLOSE_RANGE_CLOEXEC: the descriptors stay open here, and are closed in every program that is started. */
static inline int serin_keep_descriptors(void) { return close_range(3, ~0U, 1 << 2); }

#endif
