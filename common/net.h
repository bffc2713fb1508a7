/* net.h: the helpers that labs 4 to 10 share. Each is code that an earlier lab
 * has you write by hand.
 *
 * Unless it says otherwise, a function that fails returns -1 and sets errno.
 * None prints an error, ends the program, or keeps state of its own: all may
 * be called from several threads. Times are milliseconds.
 */
#ifndef NET_H
#define NET_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* ---- Addresses and ports: net_address.c ---- */

/* Reads a port: decimal digits and nothing else, from min to 65535. Returns
 * false for any other text and leaves *port alone. */
bool net_parse_port(const char *text, uint16_t min, uint16_t *port);

/* Room for the longest address: an IPv6 one, '%', an interface, and a NUL. */
#define NET_ADDRESS_SIZE (INET6_ADDRSTRLEN + 1 + IF_NAMESIZE)

/* Writes an IPv4 or IPv6 address as numbers into text and returns text. IPv4
 * seen through an IPv6 socket is shown as IPv4: 127.0.0.1, not
 * ::ffff:127.0.0.1 (RFC 4291, 2.5.5.2). Any other family gives "?". */
char *net_format_address(const struct sockaddr *address,
                         char text[static NET_ADDRESS_SIZE]);

/* The port in an IPv4 or IPv6 address, in host byte order; else 0. */
uint16_t net_address_port(const struct sockaddr *address);

/* ---- Servers: net_server.c ---- */

/* Opens a TCP socket that listens on every IPv4 address of the machine; port 0
 * lets the kernel choose. A port of a server just ended can be taken again at
 * once, that of a running one can not (SO_REUSEADDR, socket(7)).
 *
 * Returns the socket, the caller's to close. On failure *call names the call
 * that failed, for err(1, "%s", call). */
int net_listen(uint16_t port, const char **call);

/* The port to which a TCP or UDP socket is bound (getsockname(2)). */
int net_bound_port(int fd);

/* Prints "listening on port N" on stdout, flushed. Returns 0. */
int net_announce(int fd);

/* Waits for the next client and returns its socket, the caller's to close.
 * *peer becomes its address; peer may be NULL.
 *
 * Tries again after a signal and after a client that left too early. Waits a
 * moment first where descriptors or memory have run out, and for the network's
 * errors ("Error handling" in accept(2)). So it fails only for a socket that
 * does not listen, or that is non-blocking: there it never waits, but returns
 * -1 with EAGAIN where there is no client, and EMFILE and the like at once.
 *
 * A signal handler that sets a flag is not noticed here: wait in ppoll(2). */
int net_accept(int listener, struct sockaddr_storage *peer);

/* ---- Clients: net_client.c ---- */

/* Connects to a TCP server. The host is a name or a number; each of its
 * addresses is tried in the resolver's order until one answers.
 *
 * Returns the socket, the caller's to close. On failure *error is what
 * getaddrinfo(3) returns: EAI_SYSTEM where errno tells more. net_reason takes
 * it. Where every address failed, errno is the first one's. */
int net_connect(const char *host, uint16_t port, int *error);

/* The words for an error of getaddrinfo(3) or net_connect. Call it before
 * errno changes. The text belongs to the C library. */
const char *net_reason(int error);

/* ---- Streams: net_stream.c ---- */

/* Sends all length bytes, in as many send(2) calls as that takes; signals do
 * not end it, and a peer that has gone is the error EPIPE, not SIGPIPE.
 * Returns 0. On failure part of the bytes may be out. For blocking sockets. */
int net_send_all(int fd, const void *data, size_t length);

/* Reads a stream line by line. Whoever calls net_reader_init owns the buffer
 * and the descriptor, and keeps both until the last line is read. */
struct net_reader {
    int fd;
    char *buffer;
    size_t size;
    size_t start; /* what was received and not yet returned is start ... */
    size_t end;   /* ... up to, not including, end */
};

/* Starts reading from fd: a stream socket, a pipe, a file. The longest line
 * has size - 1 bytes; its newline takes the last place. */
void net_reader_init(struct net_reader *reader, int fd, char *buffer,
                     size_t size);

/* Returns, as recv(2) does, more than 0, 0 or -1:
 *  1  a line: *length bytes at *line, the newline not among them and any
 *     other byte allowed, NUL too. They lie in the reader's buffer until the
 *     next call. A last line without newline counts.
 *  0  the end of the stream.
 * -1  an error: EMSGSIZE for a line that does not fit, as soon as that is
 *     known; on a non-blocking descriptor EAGAIN: call again when poll(2) says
 *     so, no byte is lost; else an error of read(2). */
int net_read_line(struct net_reader *reader, char **line, size_t *length);

/* Ends a connection so that the peer gets all that was sent to it, then the
 * end of the stream. close(2) alone with input unread sends a reset, which may
 * overtake the data (RFC 1122, 4.2.2.13; RFC 2525, 2.17). So: shutdown(2),
 * read and forget until the peer ends too, close; never longer than
 * timeout_ms. The descriptor is closed in any case. */
void net_close_gracefully(int fd, int timeout_ms);

/* ---- Time: net_time.c ---- */

/* Milliseconds on a clock that nobody sets (CLOCK_MONOTONIC). */
int64_t net_now_ms(void);

/* Waits for poll(2)'s events on fd until the clock of net_now_ms shows
 * deadline_ms (INT64_MAX: for ever). A signal does not end it.
 *
 * Returns 1 when there are some, or an error or a hangup that the next call on
 * fd will tell. Returns 0 once the time is over, even if there are some then:
 * a loop around it ends on time. */
int net_wait(int fd, short events, int64_t deadline_ms);

#endif
