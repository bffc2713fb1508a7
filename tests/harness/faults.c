/* faults.c: loaded into a program under test with LD_PRELOAD, it makes happen
 * what a real network does rarely, and makes it happen every time.
 *
 * LAB_FAULTS names what: "short" (send and recv move at most a few bytes),
 * "eintr" (every second call of each function is interrupted, counted per
 * function, so that a loop of poll and accept gets on), "eintr=recv" (of recv
 * and its like alone; or accept, send, poll), "aborted" (every second
 * accept finds that its client has gone: ECONNABORTED), "leak-check" (SIGTERM,
 * or SIGRTMAX, ends the program through exit, where LeakSanitizer looks),
 * "stop-at-listen" (the program stops just before it listens),
 * "stop-at-bind" (or just before it binds a UDP socket), "late-thread" (the
 * first thread that the program creates starts only when it creates the second
 * one, or half a second later),
 * "clock=AHEAD,LEAP" (the time of day is AHEAD seconds ahead of the machine's,
 * and leaps on by LEAP seconds with each connection that is accepted),
 * "term-at-fork" (when the second child of a process is made, SIGTERM comes to
 * that process, and the child goes on when it has heard of it or a second
 * later; a file of that name in the shared folder says that it happened),
 * "narrow-stdout" (write moves at most a few bytes to stdout), "eintr=stdio"
 * (every second read of stdin and write to stdout is interrupted), "strict" (a
 * call on a descriptor that is not open ends the program), "hang-up-first" (the
 * first bytes that a program sends over its first TCP connection go out when
 * the other side has reset that, or five seconds later), "foreign-fifo" (each
 * FIFO seems to belong to the user nobody). Of other descriptors only sockets
 * are touched. The real call is made in all other cases.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { ACCEPT = 1, RECV = 2, SEND = 4, POLL = 8, ALL = 15, STDIO = 16 };

static int interrupted_calls;
static bool make_short, narrow_stdout, abort_accept, stop_at_listen,
    stop_at_bind, late_thread, term_at_fork, strict, hang_up_first,
    foreign_fifo;
static sem_t second_thread;               /* posted when it is created */
static long long clock_ahead, clock_leap; /* in seconds */

static void end_in_order(int signal_number)
{
    (void)signal_number;
    exit(0);
}

/* How many connections were accepted, by a child or its parent. */
static atomic_uint alone, *accepted = &alone;

static void share_count(void)
{
    void *shared = mmap(NULL, sizeof *accepted, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared != MAP_FAILED)
        accepted = shared;
}

static const struct {
    const char *name;
    bool *wanted;
} faults[] = {{"short", &make_short},
              {"narrow-stdout", &narrow_stdout},
              {"aborted", &abort_accept},
              {"stop-at-listen", &stop_at_listen},
              {"stop-at-bind", &stop_at_bind},
              {"late-thread", &late_thread},
              {"term-at-fork", &term_at_fork},
              {"strict", &strict},
              {"hang-up-first", &hang_up_first},
              {"foreign-fifo", &foreign_fifo}};

__attribute__((constructor)) static void read_faults(void)
{
    const char *names = getenv("LAB_FAULTS");
    if (!names)
        return;
    interrupted_calls = strstr(names, "eintr=accept")  ? ACCEPT
                        : strstr(names, "eintr=recv")  ? RECV
                        : strstr(names, "eintr=send")  ? SEND
                        : strstr(names, "eintr=poll")  ? POLL
                        : strstr(names, "eintr=stdio") ? STDIO
                        : strstr(names, "eintr")       ? ALL
                                                       : 0;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        *faults[i].wanted = strstr(names, faults[i].name) != NULL;
    sem_init(&second_thread, 0, 0);
    const char *clock = strstr(names, "clock=");
    if (clock) {
        share_count();
        sscanf(clock, "clock=%lld,%lld", &clock_ahead, &clock_leap);
    }
    if (strstr(names, "leak-check")) {
        signal(SIGTERM, end_in_order);
        signal(SIGRTMAX, end_in_order);
    }
}

static bool is_socket(int fd)
{
    struct stat what;
    int kept = errno;
    bool is = fstat(fd, &what) == 0 && S_ISSOCK(what.st_mode);
    errno = kept;
    return is;
}

/* No right program needs the EBADF. */
static void must_be_open(const char *call, int fd)
{
    if (!strict || fcntl(fd, F_GETFD) != -1)
        return;
    dprintf(STDERR_FILENO,
            "%s was called on descriptor %d, which is not open\n", call, fd);
    abort();
}

/* Sizes that vary, so that no buffer length happens to fit. */
static size_t a_few(size_t size)
{
    static atomic_uint calls;
    size_t most = 1 + atomic_fetch_add(&calls, 1) * 5 % 7;
    return size > most ? most : size;
}

static size_t shortened(size_t size)
{
    return make_short ? a_few(size) : size;
}

#define REAL(NAME)                                                             \
    static __typeof__(NAME) *real;                                             \
    if (!real)                                                                 \
    real = (__typeof__(NAME) *)dlsym(RTLD_NEXT, #NAME)

/* Every second call of this function fails with EINTR, the first one included:
 * each function has a count of its own. Who peeks and then takes makes two
 * calls in turn, and would never take anything if peeking counted. */
#define INTERRUPT(CALL)                                                        \
    static atomic_uint interrupted;                                            \
    if (interrupted_calls & (CALL) &&                                          \
        atomic_fetch_add(&interrupted, 1) % 2 == 0)                            \
    return errno = EINTR, -1

static atomic_uint connections; /* that a program has made, over TCP */

static bool is_tcp(int fd)
{
    int protocol = 0;
    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol,
                      &(socklen_t){sizeof protocol}) == 0 &&
           protocol == IPPROTO_TCP;
}

/* Without an event asked for, poll returns at an error or at the end of both
 * directions alone. Who saw that by itself, and did not send, has been spared.
 */
static void await_hang_up(int fd)
{
    enum { MOST = 5000 };
    static atomic_flag done = ATOMIC_FLAG_INIT;
    REAL(poll);
    if (hang_up_first && atomic_load(&connections) == 1 && is_tcp(fd) &&
        !atomic_flag_test_and_set(&done))
        real(&(struct pollfd){.fd = fd}, 1, MOST);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    REAL(send);
    must_be_open("send", fd);
    await_hang_up(fd);
    INTERRUPT(SEND);
    return real(fd, data, shortened(size), flags);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags,
               const struct sockaddr *to, socklen_t to_size)
{
    REAL(sendto);
    await_hang_up(fd);
    INTERRUPT(SEND);
    return real(fd, data, to ? size : shortened(size), flags, to, to_size);
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write);
    must_be_open("write", fd);
    if (!is_socket(fd)) {
        INTERRUPT(fd == STDOUT_FILENO ? STDIO : 0);
        bool narrow = narrow_stdout && fd == STDOUT_FILENO;
        return real(fd, data, narrow ? a_few(size) : size);
    }
    await_hang_up(fd);
    INTERRUPT(SEND);
    return real(fd, data, shortened(size));
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
    REAL(recv);
    must_be_open("recv", fd);
    INTERRUPT(flags & MSG_PEEK ? 0 : RECV);
    bool whole = flags & (MSG_WAITALL | MSG_PEEK);
    return real(fd, data, whole ? size : shortened(size), flags);
}

ssize_t recvfrom(int fd, void *data, size_t size, int flags,
                 struct sockaddr *from, socklen_t *from_size)
{
    REAL(recvfrom);
    INTERRUPT(flags & MSG_PEEK ? 0 : RECV);
    return real(fd, data, from ? size : shortened(size), flags, from,
                from_size);
}

ssize_t read(int fd, void *data, size_t size)
{
    REAL(read);
    must_be_open("read", fd);
    if (!is_socket(fd)) {
        INTERRUPT(fd == STDIN_FILENO ? STDIO : 0);
        return real(fd, data, size);
    }
    INTERRUPT(RECV);
    return real(fd, data, shortened(size));
}

/* Vectors and messages: the first piece that has any bytes, alone and made
 * short. Without bytes a call moves 0 of them, and whoever goes on where it
 * stopped never gets on. */
static struct iovec first_piece(const struct iovec *pieces, size_t count)
{
    for (; count > 1 && pieces->iov_len == 0; count--)
        pieces++;
    return (struct iovec){pieces->iov_base, shortened(pieces->iov_len)};
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    REAL(writev);
    if (!is_socket(fd) || count < 1)
        return real(fd, pieces, count);
    await_hang_up(fd);
    INTERRUPT(SEND);
    struct iovec first = first_piece(pieces, count);
    return make_short ? real(fd, &first, 1) : real(fd, pieces, count);
}

ssize_t readv(int fd, const struct iovec *pieces, int count)
{
    REAL(readv);
    if (!is_socket(fd) || count < 1)
        return real(fd, pieces, count);
    INTERRUPT(RECV);
    struct iovec first = first_piece(pieces, count);
    return make_short ? real(fd, &first, 1) : real(fd, pieces, count);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    await_hang_up(fd);
    INTERRUPT(SEND);
    if (!make_short || message->msg_name || message->msg_iovlen < 1)
        return real(fd, message, flags);
    struct iovec first = first_piece(message->msg_iov, message->msg_iovlen);
    struct msghdr one = *message;
    one.msg_iov = &first;
    one.msg_iovlen = 1;
    return real(fd, &one, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    REAL(recvmsg);
    INTERRUPT(flags & MSG_PEEK ? 0 : RECV);
    bool whole = flags & (MSG_WAITALL | MSG_PEEK);
    if (!make_short || whole || message->msg_name || message->msg_iovlen < 1)
        return real(fd, message, flags);
    struct iovec *pieces = message->msg_iov;
    size_t count = message->msg_iovlen;
    struct iovec first = first_piece(pieces, count);
    message->msg_iov = &first;
    message->msg_iovlen = 1;
    ssize_t n = real(fd, message, flags);
    message->msg_iov = pieces;
    message->msg_iovlen = count;
    return n;
}

int connect(int fd, const struct sockaddr *to, socklen_t size)
{
    REAL(connect);
    must_be_open("connect", fd);
    int result = real(fd, to, size);
    if (hang_up_first && (result == 0 || errno == EINPROGRESS) && is_tcp(fd))
        atomic_fetch_add(&connections, 1);
    return result;
}

int shutdown(int fd, int how)
{
    REAL(shutdown);
    must_be_open("shutdown", fd);
    return real(fd, how);
}

int close(int fd)
{
    REAL(close);
    must_be_open("close", fd);
    return real(fd);
}

static int count_accepted(int fd)
{
    if (fd >= 0)
        atomic_fetch_add(accepted, 1);
    return fd;
}

/* The client of an aborted connection has gone, but the program learns of it
 * at accept; accept(2), ERRORS. */
#define ABORT                                                                  \
    static atomic_uint aborted;                                                \
    if (abort_accept && atomic_fetch_add(&aborted, 1) % 2 == 0)                \
    return errno = ECONNABORTED, -1

int accept(int fd, struct sockaddr *restrict from, socklen_t *restrict size)
{
    REAL(accept);
    INTERRUPT(ACCEPT);
    ABORT;
    return count_accepted(real(fd, from, size));
}

int accept4(int fd, struct sockaddr *restrict from, socklen_t *restrict size,
            int flags)
{
    REAL(accept4);
    INTERRUPT(ACCEPT);
    ABORT;
    return count_accepted(real(fd, from, size, flags));
}

int listen(int fd, int backlog)
{
    REAL(listen);
    if (stop_at_listen)
        raise(SIGSTOP);
    return real(fd, backlog);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
    REAL(bind);
    if (stop_at_bind)
        raise(SIGSTOP);
    return real(fd, address, size);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    REAL(poll);
    INTERRUPT(timeout != 0 ? POLL : 0);
    return real(fds, count, timeout);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
          const sigset_t *mask)
{
    REAL(ppoll);
    INTERRUPT(POLL);
    return real(fds, count, timeout, mask);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    REAL(epoll_wait);
    INTERRUPT(POLL);
    return real(epoll, events, most, timeout);
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout,
                const sigset_t *mask)
{
    REAL(epoll_pwait);
    INTERRUPT(POLL);
    return real(epoll, events, most, timeout, mask);
}

int select(int count, fd_set *restrict in, fd_set *restrict out,
           fd_set *restrict except, struct timeval *restrict timeout)
{
    REAL(select);
    INTERRUPT(POLL);
    return real(count, in, out, except, timeout);
}

/* ---- Processes ---- */

pid_t fork(void)
{
    static int children;
    REAL(fork);
    pid_t child = real();
    children += child > 0;
    if (child != 0 || !term_at_fork || children != 1)
        return child;
    close(open("/shared/term-at-fork", O_CREAT | O_WRONLY, 0666));
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    kill(getppid(), SIGTERM);
    if (sigtimedwait(&term, NULL, &(struct timespec){.tv_sec = 1}) == SIGTERM)
        raise(SIGTERM);
    return child;
}

/* ---- Threads ---- */

struct start {
    void *(*run)(void *);
    void *argument;
};

/* Whoever waits for its thread to have started must not wait for ever. */
static void *start_late(void *argument)
{
    struct start start = *(struct start *)argument;
    struct timespec until;
    free(argument);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 500000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (sem_timedwait(&second_thread, &until) < 0 && errno == EINTR)
        ;
    return start.run(start.argument);
}

int pthread_create(pthread_t *restrict thread,
                   const pthread_attr_t *restrict attributes,
                   void *(*run)(void *), void *restrict argument)
{
    REAL(pthread_create);
    static atomic_int created;
    int before = atomic_fetch_add(&created, 1);
    struct start *start = NULL;
    if (late_thread && before == 0 && (start = malloc(sizeof *start))) {
        *start = (struct start){run, argument};
        return real(thread, attributes, start_late, start);
    }
    int result = real(thread, attributes, run, argument);
    if (late_thread && before == 1)
        sem_post(&second_thread);
    return result;
}

/* ---- Files ---- */

#define SHOW_FOREIGN(NAME, STAT, PARAMETERS, ...)                              \
    int NAME PARAMETERS                                                        \
    {                                                                          \
        enum { NOBODY = 65534 };                                               \
        REAL(NAME);                                                            \
        int result = real(__VA_ARGS__);                                        \
        if (result == 0 && foreign_fifo && S_ISFIFO(what->STAT##_mode))        \
            what->STAT##_uid = NOBODY;                                         \
        return result;                                                         \
    }

SHOW_FOREIGN(fstat, st, (int fd, struct stat *what), fd, what)
SHOW_FOREIGN(stat, st, (const char *restrict path, struct stat *restrict what),
             path, what)
SHOW_FOREIGN(lstat, st, (const char *restrict path, struct stat *restrict what),
             path, what)
SHOW_FOREIGN(fstatat, st,
             (int folder, const char *restrict path, struct stat *restrict what,
              int flags),
             folder, path, what, flags)
SHOW_FOREIGN(statx, stx,
             (int folder, const char *restrict path, int flags,
              unsigned int mask, struct statx *restrict what),
             folder, path, flags, mask, what)

/* ---- The time of day ---- */

static time_t clock_error(void)
{
    return clock_ahead + clock_leap * atomic_load(accepted);
}

time_t time(time_t *now)
{
    REAL(time);
    time_t shown = real(NULL) + clock_error();
    if (now)
        *now = shown;
    return shown;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    REAL(gettimeofday);
    int result = real(now, zone);
    if (result == 0)
        now->tv_sec += clock_error();
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    REAL(clock_gettime);
    int result = real(clock, now);
    if (result == 0 &&
        (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += clock_error();
    return result;
}

int timespec_get(struct timespec *now, int base)
{
    REAL(timespec_get);
    int result = real(now, base);
    if (result == TIME_UTC)
        now->tv_sec += clock_error();
    return result;
}
