/* button_process.c in another style: a machine of states over one epoll, with a
 * non-blocking connect, signals as a signalfd, and a timerfd for the pause. The
 * FIFO is found with O_PATH, so that it is looked at before it is opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 2000, PAUSE = 50 };
enum state { IDLE, CONNECTING, SENDING, PAUSING };

static const struct {
    const char *text;
    size_t size;
} commands[] = {{"LED OFF", sizeof "LED OFF"}, {"LED ON", sizeof "LED ON"}};

static enum state state = IDLE;
static int events, fifo, timer, signals, sock = -1;
static const char *path;
static bool lit;
static int64_t give_up;
static size_t sent;
static struct addrinfo *addresses, *address;
static const char *reason;

static char lines[4096]; /* what is not taken yet is [first, last) */
static size_t first, last;
static bool overlong;

static void die(const char *what)
{
    fprintf(stderr, "button_process: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void watch(int operation, int fd, uint32_t what)
{
    struct epoll_event event = {.events = what, .data.fd = fd};
    if (epoll_ctl(events, operation, fd, &event) == -1)
        die("epoll_ctl");
}

static void alarm_in(int64_t ms)
{
    if (ms < 1)
        ms = 1;
    struct itimerspec when = {.it_value = {ms / 1000, ms % 1000 * 1000000}};
    timerfd_settime(timer, 0, &when, NULL);
}

static void no_alarm(void)
{
    timerfd_settime(timer, 0, &(struct itimerspec){0}, NULL);
}

/* ---- The FIFO ------------------------------------------------------------ */

static void open_fifo(void)
{
    struct stat is;
    char way[64];
    if (mkfifo(path, 0600) == -1 && errno != EEXIST)
        die(path);
    int found = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (found == -1 || fstat(found, &is) == -1)
        die(path);
    if (!S_ISFIFO(is.st_mode)) {
        errno = EEXIST;
        die(path);
    }
    if (is.st_uid != geteuid()) {
        errno = EPERM;
        die(path);
    }
    /* A descriptor of O_PATH opens nothing but has a name of its own. */
    snprintf(way, sizeof way, "/proc/self/fd/%d", found);
    if (chmod(way, 0600) == -1)
        die(path);
    fifo = open(way, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fifo == -1)
        die(path);
    close(found);
}

/* Is a press the next line? Skips, and logs, all that is none. */
static bool next_press(void)
{
    while (first < last) {
        char *line = lines + first;
        char *end = memchr(line, '\n', last - first);
        if (end == NULL)
            break;
        size_t size = (size_t)(end - line);
        first += size + 1;
        if (!overlong && size == 1 && *line == '0')
            return true;
        overlong = false;
        syslog(LOG_WARNING, "a line that is no press is ignored");
    }
    memmove(lines, lines + first, last - first);
    last -= first;
    first = 0;
    if (last == sizeof lines) {
        overlong = true;
        last = 0;
    }
    return false;
}

static void read_fifo(void)
{
    ssize_t size = read(fifo, lines + last, sizeof lines - last);
    if (size > 0)
        last += (size_t)size;
}

/* ---- One press ----------------------------------------------------------- */

static void press_over(void)
{
    freeaddrinfo(addresses);
    addresses = NULL;
    state = IDLE;
    no_alarm();
}

static void hang_up(void)
{
    if (sock != -1)
        close(sock);
    sock = -1;
}

static void try_address(void);

static void try_all(void)
{
    const struct addrinfo hints = {.ai_family = AF_INET,
                                   .ai_socktype = SOCK_STREAM};
    if (addresses != NULL)
        freeaddrinfo(addresses);
    addresses = address = NULL;
    int failed = getaddrinfo("localhost", "5555", &hints, &addresses);
    if (failed) {
        addresses = NULL;
        reason = gai_strerror(failed);
    }
    address = addresses;
    try_address();
}

static void failed(int error)
{
    reason = strerror(error);
    hang_up();
    address = address->ai_next;
    try_address();
}

static void send_some(void)
{
    const char *text = commands[!lit].text;
    size_t size = commands[!lit].size;
    ssize_t n = send(sock, text + sent, size - sent, MSG_NOSIGNAL);
    if (n == -1) {
        if (errno != EINTR && errno != EAGAIN)
            failed(errno);
        return;
    }
    sent += (size_t)n;
    if (sent == size) {
        lit = !lit;
        hang_up();
        press_over();
    }
}

static void connected(void)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        failed(error);
        return;
    }
    state = SENDING;
    sent = 0;
    send_some();
}

/* The address that is next, or the pause where there is no more. */
static void try_address(void)
{
    int64_t left = give_up - now();
    if (left <= 0) {
        syslog(LOG_ERR, "a press is lost: localhost: %s", reason);
        press_over();
        return;
    }
    if (address == NULL) {
        state = PAUSING;
        alarm_in(left < PAUSE ? left : PAUSE);
        return;
    }
    alarm_in(left);
    sock = socket(address->ai_family,
                  address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sock == -1) {
        failed(errno);
        return;
    }
    state = CONNECTING;
    if (connect(sock, address->ai_addr, address->ai_addrlen) == -1 &&
        errno != EINPROGRESS && errno != EINTR) {
        failed(errno);
        return;
    }
    watch(EPOLL_CTL_ADD, sock, EPOLLOUT);
}

static void time_is_up(void)
{
    uint64_t times;
    if (read(timer, &times, sizeof times) == -1)
        return;
    if (state == PAUSING) {
        try_all();
    } else if (state != IDLE) {
        hang_up();
        reason = strerror(ETIMEDOUT);
        try_address();
    }
}

static void press(void)
{
    give_up = now() + PATIENCE;
    reason = strerror(ETIMEDOUT);
    try_all();
}

/* -------------------------------------------------------------------------- */

static void open_signals(sigset_t *stop)
{
    sigemptyset(stop);
    sigaddset(stop, SIGINT);
    sigaddset(stop, SIGTERM);
    sigprocmask(SIG_BLOCK, stop, NULL);
    signals = signalfd(-1, stop, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals == -1)
        die("signalfd");
}

int main(int argc, char *argv[])
{
    (void)argv;
    sigset_t stop;
    if (argc != 1) {
        fputs("usage: button_process\n", stderr);
        return 2;
    }
    openlog("BUTTON TCP", LOG_PID | LOG_PERROR, LOG_DAEMON);
    path = getenv("BUTTON_FIFO");
    if (path == NULL)
        path = "/tmp/tcp_file";
    open_signals(&stop);
    open_fifo();
    events = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (events == -1 || timer == -1) {
        unlink(path);
        die("epoll");
    }
    watch(EPOLL_CTL_ADD, signals, EPOLLIN);
    watch(EPOLL_CTL_ADD, timer, EPOLLIN);
    watch(EPOLL_CTL_ADD, fifo, EPOLLIN);

    for (;;) {
        struct epoll_event event;
        /* What is in the FIFO stays there while a press is on its way. */
        while (state == IDLE && next_press())
            press();
        watch(EPOLL_CTL_MOD, fifo, state == IDLE ? EPOLLIN : 0);
        if (epoll_wait(events, &event, 1, -1) != 1)
            continue;
        if (event.data.fd == signals)
            break;
        if (event.data.fd == timer)
            time_is_up();
        else if (event.data.fd == fifo)
            read_fifo();
        else if (state == CONNECTING)
            connected();
        else
            send_some();
    }
    unlink(path);
    return 0;
}
