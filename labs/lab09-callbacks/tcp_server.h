/* tcp_server.h: a TCP server that serves one client a call.
 *
 *     char buffer[64];
 *     TCP_Server_t server = {.port = 5555,
 *                            .buffer = buffer,
 *                            .buffer_size = sizeof buffer,
 *                            .cb = {.on_receive = print_it}};
 *     if (!TCP_Server_Init(&server))
 *         err(1, "port %d", server.port);
 *     for (;;)
 *         if (!TCP_Server_Exec(&server, NULL))
 *             warnx("an exchange failed");
 *
 * Neither function prints anything or ends the program. One server is used by
 * one thread at a time.
 */
#ifndef TCP_SERVER_H
#define TCP_SERVER_H

#include <stdbool.h>

#include "tcp_interface.h"

typedef struct {
    int socket;        /* listens; Init opens it, the caller closes it */
    int port;          /* 0 to 65535; for 0 Init writes the one it got */
    char *buffer;      /* the caller's, for what comes and what goes */
    int buffer_size;   /* bytes, at least 1 */
    TCP_Callback_t cb; /* what is the caller's to say */
    int timeout_ms;    /* milliseconds for one exchange; 0: no limit */
} TCP_Server_t;

/* Listens on every IPv4 address of the machine. A port that a server used a
 * moment ago can be had at once; one that is in use can not (SO_REUSEADDR,
 * socket(7)).
 *
 * Returns true, or false with errno set: EINVAL for a missing server or buffer,
 * a buffer_size below 1, a port that is none; else what socket(2), bind(2) or
 * listen(2) said. Then nothing was opened, or it is closed again. */
bool TCP_Server_Init(TCP_Server_t *server);

/* Waits for the next client, for as long as that takes, and serves it:
 *
 *   receive     once; with is_complete until that says yes, the buffer is full
 *               or the client sends no more
 *   on_receive  with what came
 *   on_send     and what it says is sent, whole
 *   the end     shutdown(2), close(2), so that the client sees all of the
 *               reply and then the end of the stream, no reset
 *
 * Returns true where all of that was done, for a client too that said nothing
 * and then ended. Returns false where it was not: the client reset the
 * connection, a callback said so, time ran out. The server is as good as
 * before, and the next call serves the next client.
 *
 * timeout_ms counts from the moment the client is accepted, to the last step.
 * A client that keeps the end waiting does so for a second at most, and within
 * timeout_ms; what was done stays done, and is true. No client ends the
 * program: signals (EINTR), a client that left before accept (ECONNABORTED),
 * SIGPIPE, and a lack of descriptors, which Exec waits out, are taken care of
 * ("Error handling" in accept(2)). */
bool TCP_Server_Exec(TCP_Server_t *server, void *data);

#endif
