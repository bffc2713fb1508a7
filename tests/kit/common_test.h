/* common_test.h: what the tests of the shared helper library, common/net.h,
 * have in common. Its code is in common_support_test.c.
 *
 * A signal, an end of descriptors or a slow reader is real wherever the kernel
 * gives it on demand; the few calls whose errors it does not have stand-ins.
 */
#ifndef COMMON_TEST_H
#define COMMON_TEST_H

#include "harness.h"
#include "net.h"

#include <errno.h>

enum {
    FOREVER_MS = 3600 * 1000 /* longer than a test may last */
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A text and its length, for functions that take both. */
#define TEXT(literal) (literal), sizeof(literal) - 1

/* ---- Stand-ins for calls of the C library -------------------------------- */

/* What accept, connect, listen and setsockopt do next. The name two.example
 * has the addresses 127.0.0.2 and 127.0.0.1. */
extern struct stand_ins {
    /* The errors that the next calls give, up to a 0; then the real call. */
    const int *accept, *connect, *listen, *setsockopt;

    bool connect_interrupted; /* goes on after EINTR, as a real one does */
    int connecting;           /* the socket that does */

    int starved_accepts; /* calls that ended with EMFILE */
    int spare;           /* closed at the third of them */
} stand_ins;

#define ERRORS(...) ((const int[]){__VA_ARGS__, 0})

/* ---- Descriptors --------------------------------------------------------- */

int open_descriptors(void);
bool is_open(int fd);

/* From here on no descriptor from this number on can be had, or no new one at
 * all; feed gives them back. */
void limit_descriptors(int limit);
void starve(void);
void feed(void);

/* ---- Sockets ------------------------------------------------------------- */

/* An IPv4 or IPv6 address from its number. */
struct sockaddr_storage numeric_address(const char *number, uint16_t port);

/* A socket of the type, bound to a free port of the address; -1 for one of
 * IPv6 on a machine that has none. */
int bound_socket(int type, const char *number);

/* A socket of net_listen, on a port that the kernel chose. */
int listen_somewhere(void);

uint16_t port_of(int fd);

int connect_or_fail(const char *host, uint16_t port);

struct connection {
    int server, client;
};

struct connection tcp_connection(void);
struct connection local_connection(int type);

void reset_connection(int fd);
void put(int fd, const char *data, size_t size);

/* ---- Children, and signals in the middle of a blocked call --------------- */

/* What a child found is in its exit status: nought if all was well. */
pid_t start_child(void);
void expect_child_ok(pid_t child);

/* SIGUSR1 has a handler from now on; blocked calls end with EINTR. */
void catch_signals(void);

/* For a child: returns the parent once it sleeps. The parent's tests do so only
 * in the call under test. */
pid_t await_parent_asleep(void);

/* For a child whose parent catches signals: three while the parent sleeps. */
void interrupt_three_times(void);

#endif
