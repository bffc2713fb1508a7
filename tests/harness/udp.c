/* udp.c: the harness's side of a conversation in datagrams.
 *
 * A datagram is there whole or not at all, so an expectation is met or missed
 * by one of them. Sockets are not connected: what comes from a wrong port is
 * to be seen, and told, rather than dropped by the kernel.
 *
 * What is sent over loopback is in the receiver's queue when sendto(2) returns.
 * So who looks into the queue when a program has come to rest, or has ended,
 * has seen all that it sent: no clock is needed to know that nothing came.
 */
#include "inside.h"
#include "trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct udp {
    int fd;
    struct program *program;        /* on the other side */
    const char *name;               /* "client 1", "server", "stranger" */
    struct sockaddr_in other, from; /* who it sends to; who sent the last one */
    struct buffer sent;             /* the last one */
    int taken;                      /* datagrams that came */
    bool serves;              /* `other` is whoever sent the last datagram */
    bool silent;              /* its datagrams are not in the conversation */
    double came, came_before; /* ms: the last datagram, and the one before */
    ino_t inode;
    struct udp *next;
};

enum { ROOM = 1 << 16 };

static struct udp *all_sockets;

/* ---- Ports ---- */

static bool is_ours(unsigned long inode)
{
    for (struct udp *udp = all_sockets; udp; udp = udp->next)
        if (udp->inode == inode)
            return true;
    return false;
}

/* Lines are "sl: local:PORT remote:PORT ST …", as in the table of TCP. A bound
 * socket is in state CLOSE (07), a connected one in ESTABLISHED (01). The
 * test's own sockets do not count. */
int count_udp_ports(const char *path, uint16_t port, uint16_t *found)
{
    enum { UNCONNECTED = 7 };
    FILE *table = fopen(path, "re");
    char line[256];
    unsigned local = 0, state;
    unsigned long inode;
    int count = 0;
    while (table && fgets(line, sizeof line, table))
        if (sscanf(line,
                   " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s "
                   "%*s %*s %lu",
                   &local, &state, &inode) == 3 &&
            state == UNCONNECTED && (port == 0 || local == port) &&
            !is_ours(inode)) {
            *found = local;
            count++;
        }
    if (table)
        fclose(table);
    return count;
}

/* ---- Opening and closing ---- */

static struct sockaddr_in address_of(const char *address, uint16_t port)
{
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &made.sin_addr) != 1)
        broken("%s is not an address", address);
    return made;
}

static char *show_address(const struct sockaddr_in *address)
{
    char text[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
    return format("%s port %u", text, ntohs(address->sin_port));
}

static struct udp *open_udp(const char *address, uint16_t port,
                            const char *name)
{
    struct udp *udp = need(calloc(1, sizeof *udp));
    struct sockaddr_in here = address_of(address, port);
    struct stat what;
    int on = 1;
    /* No SO_REUSEADDR, no SO_REUSEPORT: they would let a program under test
     * take the port. */
    udp->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (udp->fd < 0 ||
        bind(udp->fd, (struct sockaddr *)&here, sizeof here) < 0 ||
        setsockopt(udp->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
        fstat(udp->fd, &what) < 0)
        broken("a UDP socket on %s port %u: %s", address, port,
               strerror(errno));
    trace_port(name, udp->fd);
    udp->name = name;
    udp->inode = what.st_ino;
    udp->next = all_sockets;
    return all_sockets = udp;
}

struct udp *udp_client_at(struct program *server, const char *from,
                          const char *to, uint16_t port)
{
    static int count;
    struct udp *udp = open_udp(from, 0, format("client %d", ++count));
    udp->program = server;
    udp->other = address_of(to, port);
    return udp;
}

struct udp *udp_client(struct program *server, uint16_t port)
{
    return udp_client_at(server, "127.0.0.1", "127.0.0.1", port);
}

struct udp *udp_server(const char *address, uint16_t port)
{
    static int count;
    const char *name = ++count == 1 ? "server" : format("server %d", count);
    struct udp *udp = open_udp(address, port, name);
    udp->serves = true;
    log_text(name, "bound", format("to %s port %u", address, port));
    return udp;
}

void udp_attend(struct udp *server, struct program *client)
{
    server->program = client;
    server->sent = (struct buffer){0};
    server->taken = 0;
}

struct udp *udp_stranger(const struct udp *server, const char *address,
                         uint16_t port)
{
    struct udp *udp = open_udp(address, port, "stranger");
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    udp->program = server->program;
    udp->other = server->other;
    if (getsockname(udp->fd, (struct sockaddr *)&here, &size) == 0)
        log_text(udp->name, "bound", format("to %s", show_address(&here)));
    return udp;
}

struct udp *udp_to_sender(const struct udp *server)
{
    struct udp *copy = need(malloc(sizeof *copy));
    *copy = *server;
    copy->serves = false;
    return copy;
}

bool same_sender(const struct udp *a, const struct udp *b)
{
    return a->other.sin_port == b->other.sin_port &&
           a->other.sin_addr.s_addr == b->other.sin_addr.s_addr;
}

void udp_keep_silent(struct udp *udp)
{
    udp->silent = true;
}

void udp_close(struct udp *udp)
{
    if (!udp->silent)
        log_text(udp->name, "close", "leaves its port");
    close(udp->fd);
    udp->fd = -1;
    udp->inode = 0;
}

/* ---- Sending ---- */

void send_datagram(struct udp *udp, const void *data, size_t size)
{
    udp->sent.size = 0;
    buffer_add(&udp->sent, data, size);
    if (!udp->silent)
        log_datagram(udp->name, "sent", data, size);
    if (sendto(udp->fd, data, size, 0, (struct sockaddr *)&udp->other,
               sizeof udp->other) < 0)
        broken("cannot send %s bytes to %s: %s", show_count(size),
               show_address(&udp->other), strerror(errno));
}

void send_from_port_0(struct program *server, uint16_t port, const void *data,
                      size_t size)
{
    enum { LARGEST = 1000 };
    struct sockaddr_in to = address_of("127.0.0.1", port);
    unsigned char packet[sizeof(struct udphdr) + LARGEST];
    struct udphdr header = {.source = 0,
                            .dest = htons(port),
                            .len = htons(sizeof header + size),
                            .check = 0}; /* none: RFC 768 */
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd < 0 || size > LARGEST)
        broken("a raw socket: %s", strerror(errno));
    memcpy(packet, &header, sizeof header);
    memcpy(packet + sizeof header, data, size);
    log_datagram("port 0", "sent", data, size);
    if (sendto(fd, packet, sizeof header + size, 0, (struct sockaddr *)&to,
               sizeof to) < 0)
        broken("cannot send to %s: %s", server->name, strerror(errno));
    close(fd);
}

/* ---- Receiving ---- */

struct datagram {
    char *data; /* null: none came */
    size_t size;
};

struct receiving {
    struct udp *udp;
    struct datagram *datagram;
};

static double arrival(struct msghdr *header)
{
    for (struct cmsghdr *extra = CMSG_FIRSTHDR(header); extra;
         extra = CMSG_NXTHDR(header, extra))
        if (extra->cmsg_level == SOL_SOCKET &&
            extra->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec time;
            memcpy(&time, CMSG_DATA(extra), sizeof time);
            return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
        }
    broken("a datagram without its time");
}

/* Takes the next datagram, if one is there. */
static bool take(void *arg)
{
    static char room[ROOM];
    struct receiving *r = arg;
    char extra[256];
    struct iovec piece = {room, sizeof room};
    struct msghdr header = {.msg_name = &r->udp->from,
                            .msg_namelen = sizeof r->udp->from,
                            .msg_iov = &piece,
                            .msg_iovlen = 1,
                            .msg_control = extra,
                            .msg_controllen = sizeof extra};
    ssize_t size = recvmsg(r->udp->fd, &header, 0);
    if (size < 0)
        return false;
    r->udp->taken++;
    r->udp->came_before = r->udp->came;
    r->udp->came = arrival(&header);
    if (!r->udp->silent)
        log_datagram(r->udp->name, "received", room, size);
    if (r->udp->serves)
        r->udp->other = r->udp->from;
    r->datagram->data = memcpy(need(malloc(size + 1)), room, size);
    r->datagram->size = size;
    return true;
}

static char *show_datagram(const void *data, size_t size, size_t focus)
{
    return format("a datagram of %s byte%s%s", show_count(size),
                  size == 1 ? "" : "s",
                  size ? format(": %s", show_bytes(data, size, focus)) : "");
}

static bool came_or_gone(void *arg)
{
    struct receiving *r = arg;
    if (take(r))
        return true;
    if (!is_gone(r->udp->program))
        return false;
    take(r); /* its last words */
    return true;
}

static void missing(struct udp *udp, enum waited how, const char *expected)
{
    struct program *program = udp->program;
    const char *what =
        udp->serves && udp->taken ? "no further datagram" : "no datagram";
    struct verdict shown = {
        .sent = udp->sent.data
                    ? show_datagram(udp->sent.data, udp->sent.size, 0)
                    : NULL,
        .expected = expected,
        .received = format("none; %s", describe_end(program))};
    if (has_ended(program))
        fail_test(&shown, "%s %s, and %s came from it.", program->name,
                  describe_program(program), what);
    fail_waiting(how, &shown, format("%s comes from %s", what, program->name));
}

static struct datagram receive(struct udp *udp, const char *expected)
{
    struct datagram got = {0};
    struct receiving receiving = {udp, &got};
    enum waited how = wait_for(came_or_gone, &receiving, udp->fd, POLLIN, 25);
    if (!got.data)
        missing(udp, how, expected);
    return got;
}

/* Is there one more in the queue, once the program has come to rest? */
static bool take_more(struct udp *udp, struct datagram *more)
{
    let_work(udp->program);
    struct receiving receiving = {udp, more};
    return take(&receiving);
}

static struct verdict show_exchange(struct udp *udp, const char *expected,
                                    const char *received)
{
    return (struct verdict){
        .sent = udp->sent.data
                    ? show_datagram(udp->sent.data, udp->sent.size, 0)
                    : NULL,
        .expected = expected,
        .received = received};
}

static _Noreturn void wrong_size(struct udp *udp, const struct verdict *shown,
                                 size_t got, size_t due)
{
    struct datagram more = {0};
    if (got < due && take_more(udp, &more))
        fail_test(shown,
                  "%s sent several datagrams, the first of %s bytes, where one "
                  "of %s was due. A receiver gets one datagram a call, and "
                  "takes the first for all of it.",
                  udp->program->name, show_count(got), show_count(due));
    fail_test(shown,
              "A datagram of %s byte%s came from %s, where one of %s was due: "
              "%s.",
              show_count(got), got == 1 ? "" : "s", udp->program->name,
              show_count(due),
              got < due ? "the rest is lost" : "it is too long");
}

static void compare(struct udp *udp, const void *data, size_t size, bool whole)
{
    struct datagram got = receive(udp, show_datagram(data, size, 0));
    size_t same = common_prefix(got.data, got.size, data, size);
    struct verdict shown =
        show_exchange(udp, show_datagram(data, size, same),
                      show_datagram(got.data, got.size, same));
    if (same == got.size ? got.size < size
                         : same == size && whole && got.size > size)
        wrong_size(udp, &shown, got.size, size);
    if (same < size)
        fail_test(&shown,
                  "What %s sent differs from what was due at byte %s of %s.",
                  udp->program->name, show_count(same + 1), show_count(size));
    free(got.data);
}

void expect_datagram(struct udp *udp, const void *data, size_t size)
{
    compare(udp, data, size, true);
}

void expect_in_datagram(struct udp *udp, const void *data, size_t size)
{
    compare(udp, data, size, false);
}

const char *read_datagram(struct udp *udp, size_t *size)
{
    struct datagram got = receive(udp, "a datagram");
    *size = got.size;
    return got.data;
}

void expect_no_datagram(struct udp *udp, const char *when)
{
    struct datagram more = {0};
    if (!take_more(udp, &more))
        return;
    struct verdict shown = show_exchange(
        udp, "no further datagram", show_datagram(more.data, more.size, 0));
    fail_test(&shown, "%s sent one datagram too many %s.", udp->program->name,
              when);
}

void expect_right_port(struct udp *udp)
{
    if (udp->from.sin_port == udp->other.sin_port)
        return;
    fail_test(&(struct verdict){.expected = format("an answer from port %u",
                                                   ntohs(udp->other.sin_port)),
                                .received = format("an answer from port %u",
                                                   ntohs(udp->from.sin_port))},
              "%s answers from another port than the one that was asked. A "
              "client whose socket is connected never sees such an answer.",
              udp->program->name);
}

/* ---- When ---- */

static bool has_come(void *arg)
{
    struct udp *udp = arg;
    struct pollfd queue = {.fd = udp->fd, .events = POLLIN};
    return poll(&queue, 1, 0) == 1;
}

bool datagram_within(struct udp *udp, int ms, void (*meanwhile)(void *),
                     void *arg)
{
    return wait_within(ms, has_come, udp, meanwhile, arg);
}

double datagram_gap(struct udp *udp)
{
    return udp->came - udp->came_before;
}

double since_datagram(struct udp *udp)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6 - udp->came;
}
