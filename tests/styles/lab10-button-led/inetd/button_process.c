/* button_process.c in another style: pselect, which alone lets the two signals
 * in; lines are looked at one byte at a time and are kept nowhere; sendmsg from
 * two pieces. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const char *fifo_name = "/tmp/tcp_file";
static sigset_t mask_while_waiting;
static volatile sig_atomic_t caught;

static void catch(int number)
{
    caught = number;
}

static int trouble(void)
{
    fprintf(stderr, "button_process: %s: %s\n", fifo_name, strerror(errno));
    return 1;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void leave(void)
{
    unlink(fifo_name);
    signal(caught, SIG_DFL);
    raise(caught);
    sigprocmask(SIG_SETMASK, &mask_while_waiting, NULL);
    _exit(0);
}

/* Waits until the descriptor can be read, or written, or for so many seconds;
 * negative: for ever. Both signals end the program here, and only here. */
static bool ready(int fd, bool to_write, double how_long)
{
    fd_set set;
    long ns = how_long > 0 ? (long)(how_long * 1e9) : 0;
    struct timespec limit = {ns / 1000000000, ns % 1000000000};
    FD_ZERO(&set);
    if (fd >= 0)
        FD_SET(fd, &set);
    int n = pselect(fd + 1, to_write ? NULL : &set, to_write ? &set : NULL,
                    NULL, how_long < 0 ? NULL : &limit, &mask_while_waiting);
    if (caught)
        leave();
    return n > 0;
}

/* ---- The FIFO: one byte at a time ---------------------------------------- */

static int open_fifo(void)
{
    struct stat s;
    int fd;
    if (mkfifo(fifo_name, 0600) != 0) {
        if (errno != EEXIST || lstat(fifo_name, &s) != 0)
            return -1;
        if (!S_ISFIFO(s.st_mode)) {
            errno = EEXIST;
            return -1;
        }
        if (s.st_uid != getuid()) {
            errno = EACCES;
            return -1;
        }
        if (fchmodat(AT_FDCWD, fifo_name, 0600, AT_SYMLINK_NOFOLLOW) != 0)
            return -1;
    }
    fd = open(fifo_name, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &s) != 0)
        return -1;
    if (!S_ISFIFO(s.st_mode) || s.st_uid != getuid()) {
        errno = EEXIST;
        return -1;
    }
    /* Whatever the umask has left of it. */
    return fchmod(fd, 0600) == 0 ? fd : -1;
}

static char next_byte(int fifo)
{
    char c;
    while (read(fifo, &c, 1) != 1)
        ready(fifo, false, -1);
    return c;
}

static void wait_for_press(int fifo)
{
    for (;;) {
        unsigned long length = 0;
        bool zero = false;
        for (char c; (c = next_byte(fifo)) != '\n'; length++)
            zero = c == '0';
        if (length == 1 && zero)
            return;
        syslog(LOG_WARNING, "no press: a line of %lu bytes", length);
    }
}

/* ---- The LED ------------------------------------------------------------- */

static bool send_whole(int fd, const char *text, double until)
{
    char nul = 0;
    struct iovec piece[] = {{(void *)text, strlen(text)}, {&nul, 1}};
    struct msghdr message = {.msg_iov = piece, .msg_iovlen = 2};
    while (message.msg_iovlen > 0) {
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            if (seconds() >= until)
                return false;
            ready(fd, true, until - seconds());
        } else if (n < 0 && errno != EINTR) {
            return false;
        }
        while (n > 0 && message.msg_iovlen > 0) {
            struct iovec *p = message.msg_iov;
            size_t step = (size_t)n < p->iov_len ? (size_t)n : p->iov_len;
            p->iov_base = (char *)p->iov_base + step;
            p->iov_len -= step;
            n -= (ssize_t)step;
            if (p->iov_len == 0) {
                message.msg_iov++;
                message.msg_iovlen--;
            }
        }
    }
    return true;
}

static bool try_once(const char *text, double until)
{
    struct sockaddr_in led = {.sin_family = AF_INET, .sin_port = htons(5555)};
    int error = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof error;
    bool delivered = false;
    if (fd < 0)
        return false;
    led.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&led, sizeof led) == 0)
        delivered = send_whole(fd, text, until);
    else if ((errno == EINPROGRESS || errno == EINTR) &&
             ready(fd, true, until - seconds()) &&
             getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
             error == 0)
        delivered = send_whole(fd, text, until);
    else if (error)
        errno = error;
    error = errno;
    close(fd);
    errno = error;
    return delivered;
}

static bool deliver(const char *text)
{
    double until = seconds() + 2;
    while (!try_once(text, until)) {
        if (seconds() >= until) {
            syslog(LOG_ERR, "\"%s\" is not delivered: %m", text);
            return false;
        }
        ready(-1, false, 0.04);
    }
    return true;
}

int main(int argc, char **argv)
{
    sigset_t two;
    struct sigaction action = {.sa_handler = catch};
    const char *command = "LED ON", *other = "LED OFF";
    int fifo;
    if (argc > 1) {
        fprintf(stderr, "usage: button_process\n(%s is too much)\n", argv[1]);
        return 2;
    }
    if (getenv("BUTTON_FIFO"))
        fifo_name = getenv("BUTTON_FIFO");
    openlog("button", LOG_PERROR, LOG_USER);
    sigemptyset(&two);
    sigaddset(&two, SIGINT);
    sigaddset(&two, SIGTERM);
    sigprocmask(SIG_BLOCK, &two, &mask_while_waiting);
    sigdelset(&mask_while_waiting, SIGINT);
    sigdelset(&mask_while_waiting, SIGTERM);
    if ((fifo = open_fifo()) < 0)
        return trouble();
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    for (;;) {
        wait_for_press(fifo);
        if (deliver(command)) {
            const char *last = command;
            command = other;
            other = last;
        }
    }
}
