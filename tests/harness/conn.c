/* conn.c: the harness's side of a TCP connection.
 *
 * All sockets are non-blocking; every wait is wait.c's. What arrives is kept in
 * a buffer, so that data is taken while data is still being sent, as a peer
 * does that must not deadlock. */
#include "inside.h"
#include "trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct listener {
    int fd;
    const char *where; /* "port 9999" */
};

/* ---- Opening ---- */

/* An address of either family, and how many bytes of the union it takes. */
struct endpoint {
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    };
    socklen_t size;
};

static struct endpoint endpoint_of(const char *address, uint16_t port)
{
    struct endpoint to = {
        .ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)},
        .size = sizeof to.ipv4};
    if (inet_pton(AF_INET, address, &to.ipv4.sin_addr) == 1)
        return to;
    to = (struct endpoint){
        .ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)},
        .size = sizeof to.ipv6};
    if (inet_pton(AF_INET6, address, &to.ipv6.sin6_addr) != 1)
        broken("%s is not an address", address);
    return to;
}

static bool is_unix(int fd)
{
    int domain = 0;
    socklen_t size = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           domain == AF_UNIX;
}

struct conn *new_conn(int fd, struct program *program, const char *name)
{
    struct conn *conn = need(calloc(1, sizeof *conn));
    int on = 1;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
        (!is_unix(fd) &&
         setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0))
        broken("cannot set up a connection: %s", strerror(errno));
    *conn = (struct conn){.fd = fd, .program = program, .name = name};
    trace_port(name, fd);
    return conn;
}

const char *next_client_name(void)
{
    static int count;
    return format("client %d", ++count);
}

/* From an address of this machine, if that is not null. */
static struct conn *dial_between(struct program *program, const char *from,
                                 const char *address, uint16_t port)
{
    struct endpoint to = endpoint_of(address, port);
    int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *name = next_client_name();
    if (fd < 0)
        broken("socket: %s", strerror(errno));
    if (from) {
        struct endpoint here = endpoint_of(from, 0);
        if (bind(fd, &here.any, here.size) < 0)
            broken("cannot connect from %s: %s", from, strerror(errno));
    }
    if (connect(fd, &to.any, to.size) < 0) {
        log_text(name, "connect",
                 format("to %s port %u: %s", address, port, strerror(errno)));
        close(fd);
        return NULL;
    }
    log_text(name, "connect",
             format("to %s port %u%s%s", address, port, from ? " from " : "",
                    from ? from : ""));
    return new_conn(fd, program, name);
}

struct conn *try_dial(struct program *program, const char *address,
                      uint16_t port)
{
    return dial_between(program, NULL, address, port);
}

struct conn *dial_from(struct program *program, const char *from,
                       const char *address, uint16_t port)
{
    struct conn *conn = dial_between(program, from, address, port);
    int error = errno;
    if (conn)
        return conn;
    /* One that is about to end has closed its listener before we know of it,
     * and its children may end a little later. */
    if (ends_within(program, 250, NULL, NULL)) {
        gone_within(program, 250);
        fail_test(&(struct verdict){.expected = "a server that goes on",
                                    .received = describe_end(program)},
                  "%s %s, so that no client can connect.", program->name,
                  describe_program(program));
    }
    fail_test(&(struct verdict){.expected = format("a connection to %s port %u",
                                                   address, port),
                                .received = strerror(error)},
              "A client cannot connect to %s port %u: %s.", address, port,
              strerror(error));
}

struct conn *dial_at(struct program *program, const char *address,
                     uint16_t port)
{
    return dial_from(program, NULL, address, port);
}

struct conn *dial(struct program *program, uint16_t port)
{
    return dial_at(program, "127.0.0.1", port);
}

struct listener *new_listener(int fd, const char *where)
{
    struct listener *listener = need(calloc(1, sizeof *listener));
    *listener = (struct listener){fd, where};
    return listener;
}

struct listener *listen_here(const char *address, uint16_t port)
{
    struct endpoint here = endpoint_of(address, port);
    int fd = socket(here.any.sa_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* SO_REUSEADDR, for a test that listens a second time. No SO_REUSEPORT: it
     * would let a program under test take the port. */
    int on = 1;
    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, &here.any, here.size) < 0 || listen(fd, SOMAXCONN) < 0)
        broken("cannot listen on %s port %u: %s", address, port,
               strerror(errno));
    log_text("test", "listen", format("on %s port %u", address, port));
    return new_listener(fd, format("port %u", port));
}

void stop_listening(struct listener *listener)
{
    close(listener->fd);
    listener->fd = -1;
}

struct accepting {
    struct listener *listener;
    int fd;
};

static bool accepted(void *arg)
{
    struct accepting *a = arg;
    a->fd = accept4(a->listener->fd, NULL, NULL, SOCK_CLOEXEC);
    return a->fd >= 0;
}

struct conn *try_accept(struct listener *listener, struct program *program,
                        const char *name)
{
    struct accepting a = {listener, -1};
    if (wait_for(accepted, &a, listener->fd, POLLIN, 25) != WAITED_DONE)
        return NULL;
    log_text(name, "accept", format("a connection of %s", program->name));
    return new_conn(a.fd, program, name);
}

struct conn *accept_here(struct listener *listener, struct program *program)
{
    struct accepting a = {listener, -1};
    enum waited how = wait_for(accepted, &a, listener->fd, POLLIN, 25);
    if (how != WAITED_DONE)
        fail_waiting(
            how,
            &(struct verdict){
                .expected = format("a connection to %s", listener->where),
                .received = format("none; %s", describe_end(program))},
            format("%s does not connect", program->name));
    static int count;
    const char *name = ++count == 1 ? "server" : format("server %d", count);
    log_text(name, "accept", format("a connection of %s", program->name));
    return new_conn(a.fd, program, name);
}

bool has_caller(const struct listener *listener)
{
    struct pollfd queue = {.fd = listener->fd, .events = POLLIN};
    return poll(&queue, 1, 0) == 1;
}

struct program *program_of(const struct conn *conn)
{
    return conn->program;
}

uint16_t own_port(const struct conn *conn)
{
    struct endpoint here = {.size = sizeof here.ipv6};
    if (getsockname(conn->fd, &here.any, &here.size) < 0)
        broken("getsockname: %s", strerror(errno));
    return ntohs(here.any.sa_family == AF_INET6 ? here.ipv6.sin6_port
                                                : here.ipv4.sin_port);
}

/* ---- Receiving ---- */

void conn_receive(struct conn *conn, size_t most)
{
    enum { ENDLESS = 64 << 20 };
    char piece[65536];
    while (conn->fd >= 0 && most && !conn->ended && !conn->error) {
        size_t size = most < sizeof piece ? most : sizeof piece;
        ssize_t n = recv(conn->fd, piece, size, 0);
        if (n > 0) {
            most -= n;
            log_event(conn->name, "received", piece, n);
            buffer_add(&conn->in, piece, n);
            if (conn->in.size <= ENDLESS)
                continue;
            look_at("%s sent without end.", conn->program->name);
            fail_test(NULL, "%s sends without end: %s bytes and no stop.",
                      conn->program->name, show_count(conn->in.size));
        } else if (n == 0) {
            conn->ended = true;
            log_text(conn->name, "end", "the other side sends no more (FIN)");
        } else if (errno == EAGAIN || errno == EINTR) {
            return;
        } else {
            conn->error = errno;
            log_text(conn->name, "error", strerror(errno));
        }
    }
}

/* ---- Sending ---- */

struct sending {
    struct conn *conn;
    const char *data;
    size_t size;
    bool deaf; /* do not read meanwhile */
};

static bool sent_all(void *arg)
{
    struct sending *s = arg;
    if (!s->deaf)
        conn_receive(s->conn, SIZE_MAX);
    while (s->size) {
        ssize_t n = send(s->conn->fd, s->data, s->size, MSG_NOSIGNAL);
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            int error = errno;
            conn_receive(s->conn,
                         SIZE_MAX); /* what came before, an end maybe */
            if (!s->conn->error && !s->conn->ended)
                s->conn->error = error;
            return true;
        }
        if (n < 0)
            return false;
        log_event(s->conn->name, "sent", s->data, n);
        s->data += n;
        s->size -= n;
    }
    return true;
}

static void send_all(struct conn *conn, const void *data, size_t size,
                     bool deaf)
{
    struct sending sending = {conn, data, size, deaf};
    short events = deaf ? POLLOUT : POLLOUT | POLLIN;
    buffer_add(&conn->sent, data, size);
    enum waited how = wait_for(sent_all, &sending, conn->fd, events, 25);
    if (how != WAITED_DONE)
        fail_waiting(how, &(struct verdict){.sent = show_bytes(data, size, 0)},
                     format("%s took only %s of %s bytes", conn->program->name,
                            show_count(size - sending.size), show_count(size)));
}

void say(struct conn *conn, const void *data, size_t size)
{
    send_all(conn, data, size, false);
}

void say_deaf(struct conn *conn, const void *data, size_t size)
{
    send_all(conn, data, size, true);
}

void say_text(struct conn *conn, const char *text)
{
    say(conn, text, strlen(text));
}

/* With TCP_NODELAY set, each send is a segment of its own. */
void dribble(struct conn *conn, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        say(conn, (const char *)data + i, 1);
}

/* Is the receive queue of the connection from one port to another one empty?
 * One that is not in the table has nothing in its queue. */
static bool is_drained(const char *path, uint16_t from, uint16_t to)
{
    FILE *table = fopen(path, "re");
    char line[256];
    unsigned local, remote, queue;
    bool drained = true;
    while (table && fgets(line, sizeof line, table))
        if (sscanf(line, " %*d: %*x:%x %*x:%x %*x %*x:%x", &local, &remote,
                   &queue) == 3 &&
            local == to && remote == from)
            drained = queue == 0;
    if (table)
        fclose(table);
    return drained;
}

/* The kernel's receive queue of the other side, as /proc/net/tcp shows it, or
 * tcp6 for a server of both address families. */
static bool was_taken(void *arg)
{
    struct conn *conn = arg;
    struct sockaddr_in us, them;
    socklen_t size = sizeof us, other = sizeof them;
    int unread;
    if (is_unix(conn->fd)) /* what was sent is the sender's until it is read */
        return ioctl(conn->fd, SIOCOUTQ, &unread) < 0 || unread == 0;
    if (getsockname(conn->fd, (struct sockaddr *)&us, &size) < 0 ||
        getpeername(conn->fd, (struct sockaddr *)&them, &other) < 0)
        return true;
    uint16_t from = ntohs(us.sin_port), to = ntohs(them.sin_port);
    return is_drained("/proc/self/net/tcp", from, to) &&
           is_drained("/proc/self/net/tcp6", from, to);
}

void say_apart(struct conn *conn, const void *data, size_t size)
{
    say(conn, data, size);
    wait_for(was_taken, conn, -1, 0, 1);
}

size_t flood(struct conn *conn, const void *data, size_t size)
{
    struct sending sending = {conn, data, size, true};
    wait_for(sent_all, &sending, conn->fd, POLLOUT, 25);
    return size - sending.size;
}

size_t say_while_taken(struct conn *conn, const void *data, size_t size)
{
    struct sending sending = {conn, data, size, true};
    size_t before;
    do {
        before = sending.size;
        sent_all(&sending);
        let_work(conn->program);
    } while (sending.size && sending.size < before);
    buffer_add(&conn->sent, data, size - sending.size);
    return size - sending.size;
}

void half_close(struct conn *conn)
{
    log_text(conn->name, "shutdown", "sends no more (FIN)");
    shutdown(conn->fd, SHUT_WR);
}

void hang_up(struct conn *conn)
{
    log_text(conn->name, "close", "closes the connection");
    close(conn->fd);
    conn->fd = -1;
}

void reset(struct conn *conn)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    log_text(conn->name, "reset", "closes the connection with a reset (RST)");
    close(conn->fd);
    conn->fd = -1;
}
