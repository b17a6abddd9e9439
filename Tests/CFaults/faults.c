// What a disk, and whoever pulls the plug, can do to the program that this is linked into.
//
// The C library's functions that change files are defined here once more. The program's own come
// before the library's, for every library that the program loads, so libgit2 and Foundation call
// these. Each call that changes something in one folder is a step. The environment says what happens
// at which step:
//
//   FAULT_FOLDER  the folder
//   FAULT_KIND    kill    the process is killed before the step
//                 tear    half of a write is made, and then the process is killed
//                 fill    the disk is full once: ENOSPC
//                 filled  the disk is full from the step on
//                 sync    an fsync fails once: EIO
//                 synced  every fsync fails from the step on
//   FAULT_AT      which of the steps that the kind can happen to, from 1
#define _GNU_SOURCE
#include "faults.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/// What a step needs of the disk.
enum step { REMOVES, GROWS, WRITES, SYNCS };

static atomic_int steps, eligible;
/// Which descriptors are of files in the folder.
static atomic_bool in_folder[1 << 16];

int serin_fault_steps(void) { return steps; }

static int is_kind(const char *kind) {
  const char *wanted = getenv("FAULT_KIND");
  return wanted && strcmp(wanted, kind) == 0;
}

static int can_happen_to(enum step step) {
  if (is_kind("tear")) return step == WRITES;
  if (is_kind("fill") || is_kind("filled")) return step == GROWS || step == WRITES;
  if (is_kind("sync") || is_kind("synced")) return step == SYNCS;
  return is_kind("kill");
}

/// Counts a step; returns whether it is to fail, with errno set. Dies when that is what is to happen.
static int fails(enum step step, const char *name, int descriptor, const void *bytes, size_t count) {
  steps++;
  if (!can_happen_to(step)) return 0;
  const char *text = getenv("FAULT_AT");
  int at = text ? atoi(text) : 0, now = ++eligible;
  int lasts = is_kind("filled") || is_kind("synced");
  if (at == 0 || (lasts ? now < at : now != at)) return 0;
  if (is_kind("tear")) {
    ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (next(descriptor, bytes, count / 2) < 0) perror(name);
  }
  dprintf(STDERR_FILENO, "fault: step %d, %s\n", (int)steps, name);
  if (is_kind("kill") || is_kind("tear")) kill(getpid(), SIGKILL);
  errno = step == SYNCS ? EIO : ENOSPC;
  return 1;
}

static int is_inside(const char *path) {
  const char *folder = getenv("FAULT_FOLDER");
  size_t length = folder ? strlen(folder) : 0;
  return length > 0 && strncmp(path, folder, length) == 0 && (path[length] == '/' || !path[length]);
}

/// Whether a descriptor is of a file in the folder; files are known by their numbers up to a limit
/// that no test comes near.
static int is_ours(int descriptor) {
  return descriptor >= 0 && descriptor < (1 << 16) && in_folder[descriptor];
}

static int follow(int descriptor, const char *path) {
  if (descriptor >= 0 && descriptor < (1 << 16)) in_folder[descriptor] = is_inside(path);
  return descriptor;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  // Opening a file that is there changes nothing, unless it is emptied.
  int creates = flags & O_CREAT && access(path, F_OK) != 0;
  if (is_inside(path) && (creates || flags & O_TRUNC) && fails(GROWS, "open", -1, NULL, 0))
    return -1;
  return follow(NEXT(open)(path, flags, mode), path);
}

int mkstemp(char *path) {
  if (is_inside(path) && fails(GROWS, "mkstemp", -1, NULL, 0)) return -1;
  return follow(NEXT(mkstemp)(path), path);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (is_ours(descriptor) && fails(WRITES, "write", descriptor, bytes, count)) return -1;
  return NEXT(write)(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  if (is_ours(descriptor) && fails(WRITES, "pwrite", descriptor, bytes, count)) return -1;
  return NEXT(pwrite)(descriptor, bytes, count, offset);
}

int ftruncate(int descriptor, off_t length) {
  if (is_ours(descriptor) && fails(GROWS, "ftruncate", -1, NULL, 0)) return -1;
  return NEXT(ftruncate)(descriptor, length);
}

/// Where faults happen it is only counted: nobody cuts the power of a test, and thousands of real ones
/// take minutes.
int fsync(int descriptor) {
  if (is_ours(descriptor) && fails(SYNCS, "fsync", -1, NULL, 0)) return -1;
  return is_ours(descriptor) && getenv("FAULT_KIND") ? 0 : NEXT(fsync)(descriptor);
}

int mkdir(const char *path, mode_t mode) {
  if (is_inside(path) && fails(GROWS, "mkdir", -1, NULL, 0)) return -1;
  return NEXT(mkdir)(path, mode);
}

int link(const char *old, const char *new) {
  if (is_inside(new) && fails(GROWS, "link", -1, NULL, 0)) return -1;
  return NEXT(link)(old, new);
}

int symlink(const char *target, const char *path) {
  if (is_inside(path) && fails(GROWS, "symlink", -1, NULL, 0)) return -1;
  return NEXT(symlink)(target, path);
}

int rename(const char *old, const char *new) {
  if (is_inside(new) && fails(GROWS, "rename", -1, NULL, 0)) return -1;
  return NEXT(rename)(old, new);
}

int unlink(const char *path) {
  if (is_inside(path)) fails(REMOVES, "unlink", -1, NULL, 0);
  return NEXT(unlink)(path);
}

int rmdir(const char *path) {
  if (is_inside(path)) fails(REMOVES, "rmdir", -1, NULL, 0);
  return NEXT(rmdir)(path);
}
