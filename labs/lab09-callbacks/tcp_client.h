/* tcp_client.h: a TCP client that makes one exchange a call.
 *
 *     char buffer[64];
 *     TCP_Client_t client = {.hostname = "localhost",
 *                            .port = 5555,
 *                            .buffer = buffer,
 *                            .buffer_size = sizeof buffer,
 *                            .cb = {.on_send = say_it}};
 *     if (!TCP_Client_Connect(&client, "hello"))
 *         warnx("not delivered");
 *
 * The function prints nothing and does not end the program. One client is used
 * by one thread at a time.
 */
#ifndef TCP_CLIENT_H
#define TCP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "tcp_interface.h"

typedef struct {
    int socket;           /* the connection, during the call; then -1 */
    const char *hostname; /* a name or a number; the caller's */
    int port;             /* 1 to 65535 */
    char *buffer;         /* the caller's, for what goes and what comes */
    size_t buffer_size;   /* bytes, at least 1; callbacks see up to INT_MAX */
    TCP_Callback_t cb;    /* what is the caller's to say */
    int timeout_ms;       /* milliseconds for one exchange; 0: no limit */
} TCP_Client_t;

/* Connects to the first of the host's addresses that answers, IPv4 ones at
 * least (getaddrinfo(3)), and makes one exchange:
 *
 *   on_send     and what it says is sent, whole
 *   receive     where on_receive is set: once; with is_complete until that says
 *               yes, the buffer is full or the server sends no more
 *   on_receive  with what came
 *   the end     shutdown(2), close(2)
 *
 * Returns true where all of that was done. Returns false where it was not: a
 * missing client, host or buffer, a size of 0, a port that is none, nobody
 * answers, the connection was reset, a callback said so, time ran out; or an
 * answer was due and the stream ended without a byte of it: then on_receive is
 * not called. Nothing stays open in any case.
 *
 * timeout_ms counts from the moment the connection is there, to the last step.
 * What the end takes is within it, a second at most, and does not make the
 * result false. Signals (EINTR) and SIGPIPE are taken care of. */
bool TCP_Client_Connect(TCP_Client_t *client, void *data);

#endif
