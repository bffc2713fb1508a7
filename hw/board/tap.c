/*
 * tap.c - tells the board what a program does with TCP
 *
 * Is loaded into a program that knows nothing of it, and stands before nine
 * functions of the C library: each calls the real one, and then says what it
 * did, as a note to the board (README.md).
 *
 *     LD_PRELOAD=build/hw/tap.so GPIO_BOARD=PATH some-program
 *
 * The program must not notice. So a note is never waited for: one that the
 * board does not take at once is lost. errno is left alone, and the descriptor
 * to the board is a high one, looked at before each use, since the program may
 * have closed it and have another one of that number now. What the C library
 * does inside itself is not seen: stdio on a socket, or a static program.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The function that would have been called without us. */
#define REAL(call)                                                             \
    ({                                                                         \
        static __typeof__(&(call)) real;                                       \
        if (real == NULL)                                                      \
            real = (__typeof__(real))dlsym(RTLD_NEXT, #call);                  \
        real;                                                                  \
    })

enum {
    HIGH = 200,    /* our descriptor, if it can be had */
    SHOWN = 200,   /* bytes of a message that a note shows */
    MOST_FD = 4096 /* of those whose closing is told */
};

/* ---- The connection to the board ---- */

static struct {
    struct sockaddr_un address; /* empty: there is no board */
    pthread_mutex_t lock;
    pid_t pid; /* whose fd is: a child has its own */
    int fd;
    ino_t inode;
} board = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* While the lock is held no signal comes in: its handler may call what we stand
 * before, and would wait for the lock for ever. Nor is a thread cancelled. */
struct held {
    sigset_t signals;
    int cancel;
};

static struct held hold(void)
{
    struct held before;
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before.signals);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before.cancel);
    pthread_mutex_lock(&board.lock);
    return before;
}

static void let_go(struct held before)
{
    pthread_mutex_unlock(&board.lock);
    pthread_setcancelstate(before.cancel, NULL);
    pthread_sigmask(SIG_SETMASK, &before.signals, NULL);
}

/* Else a child could find the lock held by a thread that it has not. */
static struct held over_fork;

static void hold_over_fork(void)
{
    over_fork = hold();
}

static void let_go_after_fork(void)
{
    let_go(over_fork);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("GPIO_BOARD");

    if (path == NULL || strlen(path) >= sizeof board.address.sun_path)
        return;
    board.address.sun_family = AF_UNIX;
    strcpy(board.address.sun_path, path);
    pthread_atfork(hold_over_fork, let_go_after_fork, let_go_after_fork);
}

static bool is_ours(void)
{
    struct stat what;

    return board.fd != -1 && fstat(board.fd, &what) == 0 &&
           S_ISSOCK(what.st_mode) && what.st_ino == board.inode;
}

static void hang_up(void)
{
    if (is_ours())
        REAL(close)(board.fd);
    board.fd = -1;
}

static bool send_at_once(const char *text, size_t size)
{
    return REAL(send)(board.fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)size;
}

static bool call_board(void)
{
    struct stat what;
    char hello[80];

    int low =
        REAL(socket)(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (low == -1)
        return false;
    int high = fcntl(low, F_DUPFD_CLOEXEC, HIGH);
    if (high != -1)
        REAL(close)(low);
    board.fd = high != -1 ? high : low;
    board.pid = getpid();
    if (fstat(board.fd, &what) == 0)
        board.inode = what.st_ino;
    int size = snprintf(hello, sizeof hello, "hello %.50s[%d]\n",
                        program_invocation_short_name, (int)board.pid);
    return REAL(connect)(board.fd, (struct sockaddr *)&board.address,
                         sizeof board.address) == 0 &&
           send_at_once(hello, (size_t)size);
}

static bool is_connected(void)
{
    if (is_ours() && board.pid == getpid())
        return true;
    hang_up();
    if (call_board())
        return true;
    hang_up();
    return false;
}

/* A line that went out in part would spoil the next one: then, as with any
 * error, the connection is over. The board's answers are read, and forgotten.
 */
static void pass_on(const char *line, size_t size)
{
    char answers[1024];

    if (!is_connected())
        return;
    while (REAL(recv)(board.fd, answers, sizeof answers, MSG_DONTWAIT) > 0)
        continue;
    if (!send_at_once(line, size) && errno != EAGAIN)
        hang_up();
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= sizeof line)
        return;
    struct held before = hold();
    pass_on(line, (size_t)size);
    let_go(before);
}

/* ---- What is told ---- */

static bool is_tcp(int fd)
{
    int protocol;
    socklen_t size = sizeof protocol;

    return board.address.sun_family == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
           protocol == IPPROTO_TCP;
}

/* There will be something to tell soon. The board is called now, or the first
 * notes would come later than what follows from them. */
static void prepare(int fd)
{
    int error = errno;

    if (fd != -1 && is_tcp(fd)) {
        struct held before = hold();
        is_connected();
        let_go(before);
    }
    errno = error;
}

static atomic_bool connected[MOST_FD];

static void tell_address(const char *what, const struct sockaddr *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    char text[INET6_ADDRSTRLEN] = "?";

    if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
        note("note tcp %s %s:%u\n", what, text, ntohs(four->sin_port));
    } else if (address->sa_family == AF_INET6) {
        bool mapped = IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);
        inet_ntop(mapped ? AF_INET : AF_INET6,
                  mapped ? six->sin6_addr.s6_addr + 12 : six->sin6_addr.s6_addr,
                  text, sizeof text);
        note(mapped ? "note tcp %s %s:%u\n" : "note tcp %s [%s]:%u\n", what,
             text, ntohs(six->sin6_port));
    }
}

static void tell_connect(int fd, const struct sockaddr *address, int result)
{
    int error = errno;

    if (is_tcp(fd) && (result == 0 || error == EINPROGRESS)) {
        if (fd < MOST_FD)
            connected[fd] = true;
        tell_address("connect", address);
    } else if (is_tcp(fd) && error == ECONNREFUSED) {
        tell_address("refused", address);
    }
    errno = error;
}

static void tell_accept(int fd)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;
    int error = errno;

    if (fd != -1 && is_tcp(fd)) {
        if (fd < MOST_FD)
            connected[fd] = true;
        if (getpeername(fd, (struct sockaddr *)&address, &size) == 0)
            tell_address("accept", (struct sockaddr *)&address);
    }
    errno = error;
}

/* Writes a byte as C does, and returns behind it. */
static char *escape(char *end, unsigned char byte)
{
    static const char bytes[] = "\0\n\r\t\"\\", letters[] = "0nrt\"\\";
    const char *found = memchr(bytes, byte, sizeof bytes - 1);

    if (found != NULL)
        return end + sprintf(end, "\\%c", letters[found - bytes]);
    return end +
           sprintf(end, byte < ' ' || byte > '~' ? "\\x%02x" : "%c", byte);
}

static void tell_data(const char *what, int fd, const void *data, ssize_t size)
{
    char text[4 * SHOWN + 1] = "", *end = text;
    int error = errno;

    if (size > 0 && is_tcp(fd)) {
        for (ssize_t i = 0; i < size && i < SHOWN; i++)
            end = escape(end, ((const unsigned char *)data)[i]);
        note("note tcp %s %zd \"%s%s\"\n", what, size, text,
             size > SHOWN ? "…" : "");
    }
    errno = error;
}

/* Before it is closed: its number may be another one's at once. */
static void tell_close(int fd)
{
    int error = errno;

    if (fd >= 0 && fd < MOST_FD && atomic_exchange(&connected[fd], false) &&
        is_tcp(fd))
        note("note tcp closed\n");
    errno = error;
}

/* ---- The functions ---- */

int socket(int domain, int type, int protocol)
{
    int fd = REAL(socket)(domain, type, protocol);

    prepare(fd);
    return fd;
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int result = REAL(connect)(fd, address, size);

    tell_connect(fd, address, result);
    return result;
}

int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict size)
{
    int client = REAL(accept)(fd, address, size);

    tell_accept(client);
    return client;
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size,
            int flags)
{
    int client = REAL(accept4)(fd, address, size, flags);

    tell_accept(client);
    return client;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    ssize_t sent = REAL(send)(fd, data, size, flags);

    tell_data("sent", fd, data, sent);
    return sent;
}

ssize_t write(int fd, const void *data, size_t size)
{
    ssize_t sent = REAL(write)(fd, data, size);

    tell_data("sent", fd, data, sent);
    return sent;
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
    ssize_t got = REAL(recv)(fd, data, size, flags);

    if (!(flags & MSG_PEEK))
        tell_data("received", fd, data, got);
    return got;
}

ssize_t read(int fd, void *data, size_t size)
{
    ssize_t got = REAL(read)(fd, data, size);

    tell_data("received", fd, data, got);
    return got;
}

int close(int fd)
{
    tell_close(fd);
    return REAL(close)(fd);
}
