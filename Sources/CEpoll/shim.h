#ifndef SERIN_CEPOLL_SHIM_H
#define SERIN_CEPOLL_SHIM_H

/* Linux's way to wait for many descriptors, which Swift's Glibc module leaves out. */
#include <sys/epoll.h>

#endif
