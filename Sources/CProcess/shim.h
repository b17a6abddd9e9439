#ifndef SERIN_CPROCESS_SHIM_H
#define SERIN_CPROCESS_SHIM_H

/* What Linux lets a process say about itself, and Swift's Glibc module leaves out. */
#include <sys/prctl.h>

/* `prctl` is variadic, which Swift cannot call. */
static inline int serin_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }
static inline int serin_may_be_dumped(void) { return prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L); }

/* glibc declares the function to GNU sources only, which Swift's are not. */
extern int close_range(unsigned int first, unsigned int last, int flags);
/* CLOSE_RANGE_CLOEXEC: the descriptors stay open here, and are closed in every program that is started. */
static inline int serin_keep_descriptors(void) { return close_range(3, ~0U, 1 << 2); }

#endif
