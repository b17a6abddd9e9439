// Lends a unix socket to a server that can listen on TCP alone.
//
//   serin-relay PORT COMMAND [ARGUMENT…]
//
// Descriptor 3 is a unix socket that has its place and does not listen yet. The program becomes COMMAND; a process
// beside it waits until 127.0.0.1:PORT takes connections, lets the socket listen from then on, and copies each of
// its connections to and from the port. Before, and when all of this has ended, connections to the socket are
// refused, as they are at a port on which nothing listens. In a network of its own, a server has
// no other way to the world, and no other process has a way to its port. The socket was made by the controller,
// so what runs here cannot put another one into its place.
//
// It is C, and not a part of the controller, because it stands beside every model server: it starts in a
// millisecond, needs nothing but the C library, and takes less than a megabyte.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  listener = 3,
  // A request of a few rows, and its answer, fit in one piece.
  piece = 16 << 10,
  // Pieces that one connection may move before the others have their turn.
  turn = 16,
  batch = 64,
  // As many as may wait; the kernel takes less where it allows less.
  backlog = 4096,
};

// Bytes on their way in one direction.
struct stream {
  size_t begin, end;
  bool has_ended;  // its source has no more
  bool is_shut;    // its target was told so
  char bytes[piece];
};

struct link;

struct side {
  int descriptor;
  uint32_t interest;
  bool is_watched;
  struct link *link;
};

// One connection of a client, and the one to the server that goes with it.
struct link {
  struct side client, server;
  struct stream to_server, to_client;
  bool is_connected, is_dead;
  struct link *next;
};

static int queue;
static struct sockaddr_in address;
static bool is_accepting;
static struct link *dead;

static void watch_listener(void) {
  struct epoll_event event = {.events = EPOLLIN};
  is_accepting = epoll_ctl(queue, EPOLL_CTL_ADD, listener, &event) == 0;
}

static void watch(struct side *side, uint32_t interest) {
  if (!side->is_watched || side->interest == interest) return;
  struct epoll_event event = {.events = interest, .data.ptr = side};
  epoll_ctl(queue, EPOLL_CTL_MOD, side->descriptor, &event);
  side->interest = interest;
}

// The memory is given back after the batch, in which there may be events of the other side.
static void end(struct link *link) {
  if (link->is_dead) return;
  link->is_dead = true;
  close(link->client.descriptor);
  close(link->server.descriptor);
  link->next = dead;
  dead = link;
}

static bool may_pass(void) { return errno == EAGAIN || errno == EINTR || errno == ENOTCONN; }

// Moves what can be moved from one side to the other; returns how much, or -1 when the link is broken.
static int move(struct stream *stream, int from, int to, bool can_write) {
  int moved = 0;
  if (!stream->has_ended && stream->end < piece) {
    ssize_t count = read(from, stream->bytes + stream->end, piece - stream->end);
    if (count < 0 && !may_pass()) return -1;
    if (count == 0) stream->has_ended = true;
    if (count > 0) stream->end += (size_t)count, moved = 1;
  }
  if (can_write && stream->begin < stream->end) {
    ssize_t count =
        send(to, stream->bytes + stream->begin, stream->end - stream->begin, MSG_NOSIGNAL);
    if (count < 0 && !may_pass()) return -1;
    if (count > 0) stream->begin += (size_t)count, moved = 1;
  }
  if (stream->begin == stream->end) stream->begin = stream->end = 0;
  if (stream->has_ended && stream->end == 0 && can_write && !stream->is_shut) {
    shutdown(to, SHUT_WR);
    stream->is_shut = true;
  }
  return moved;
}

static void pump(struct link *link) {
  int client = link->client.descriptor, server = link->server.descriptor;
  int moved = 1, turns = 0;
  for (; moved > 0 && turns < turn; turns++) {
    int there = move(&link->to_server, client, server, link->is_connected);
    int back = there < 0 ? -1 : move(&link->to_client, server, client, true);
    if (back < 0 || (link->to_server.is_shut && link->to_client.is_shut)) return end(link);
    moved = there + back;
  }
  bool is_cut_short = moved > 0;
  struct stream *there = &link->to_server, *back = &link->to_client;
  watch(
      &link->client,
      (!there->has_ended && there->end < piece ? EPOLLIN : 0)
          | (back->end > 0 || is_cut_short ? EPOLLOUT : 0));
  watch(
      &link->server,
      (!back->has_ended && back->end < piece ? EPOLLIN : 0)
          | (there->end > 0 || !link->is_connected ? EPOLLOUT : 0));
}

static void handle(struct side *side, uint32_t events) {
  struct link *link = side->link;
  if (link->is_dead) return;
  bool is_over = events & (EPOLLHUP | EPOLLERR);
  // A client that is gone waits for no answer.
  if (is_over && (side == &link->client || !link->is_connected)) return end(link);
  if (is_over) {
    // The kernel would say so again and again, while the last bytes wait for the client.
    epoll_ctl(queue, EPOLL_CTL_DEL, side->descriptor, NULL);
    side->is_watched = false;
  }
  if (side == &link->server && events & EPOLLOUT) link->is_connected = true;
  pump(link);
}

static bool add(struct side *side, struct link *link, int descriptor, uint32_t interest) {
  *side = (struct side){descriptor, interest, true, link};
  struct epoll_event event = {.events = interest, .data.ptr = side};
  return epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static void begin(int client) {
  int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct link *link = server < 0 ? NULL : calloc(1, sizeof *link);
  if (link == NULL) {
    if (server >= 0) close(server);
    close(client);
    return;
  }
  int yes = 1;
  setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  int result = connect(server, (struct sockaddr *)&address, sizeof address);
  link->is_connected = result == 0;
  bool is_under_way = result == 0 || errno == EINPROGRESS;
  bool is_added = add(&link->client, link, client, EPOLLIN);
  is_added = add(&link->server, link, server, EPOLLIN | EPOLLOUT) && is_added;
  if (!is_added || !is_under_way) end(link);
}

static void take(void) {
  for (int i = 0; i < batch; i++) {
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client >= 0) {
      begin(client);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // Those that wait are taken when there is room again.
      epoll_ctl(queue, EPOLL_CTL_DEL, listener, NULL);
      is_accepting = false;
      return;
    } else {
      return;
    }
  }
}

static void bury(void) {
  while (dead != NULL) {
    struct link *next = dead->next;
    free(dead);
    dead = next;
  }
}

static bool is_answering(void) {
  int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool is_answering = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
  close(server);
  return is_answering;
}

static void await_server(void) {
  // A server that starts at once is not waited for longer than it takes; one that loads for minutes costs nothing.
  useconds_t wait = 1000;
  for (; !is_answering(); wait = wait < 50000 ? wait * 2 : wait) usleep(wait);
  if (listen(listener, backlog) != 0) _exit(1);
}

static _Noreturn void serve(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  // What the server is asked when it is told to end is still answered.
  signal(SIGTERM, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
  queue = epoll_create1(EPOLL_CLOEXEC);
  if (queue < 0) _exit(1);
  await_server();
  watch_listener();
  struct epoll_event events[batch];
  for (;;) {
    int count = epoll_wait(queue, events, batch, is_accepting ? -1 : 100);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr == NULL) {
        take();
      } else {
        handle(events[i].data.ptr, events[i].events);
      }
    }
    bury();
    if (!is_accepting) watch_listener();
  }
}

// A child of a child, so that the server has no child that it did not start.
static void start(void) {
  pid_t child = fork();
  if (child == 0) {
    if (fork() == 0) serve();
    _exit(0);
  }
  if (child > 0) waitpid(child, NULL, 0);
}

int main(int count, char **arguments) {
  char *rest = NULL;
  long port = count > 2 ? strtol(arguments[1], &rest, 10) : 0;
  if (port < 1 || port > 65535 || *rest != 0) {
    fprintf(stderr, "usage: serin-relay PORT COMMAND [ARGUMENT...]\n");
    return 64;
  }
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // The server itself has nothing to do with the socket.
  if (fcntl(listener, F_SETFD, FD_CLOEXEC) != 0) {
    fprintf(stderr, "serin-relay: descriptor 3 is no socket: %s\n", strerror(errno));
    return 64;
  }
  start();
  execvp(arguments[2], arguments + 2);
  fprintf(stderr, "serin-relay: %s: %s\n", arguments[2], strerror(errno));
  return errno == ENOENT ? 127 : 126;
}
