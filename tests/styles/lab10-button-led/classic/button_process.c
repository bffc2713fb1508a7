/* button_process.c in another style: mkfifo, poll and sockets by hand. The FIFO
 * is held open for writing too, so that it never is at its end; signals set a
 * flag that is looked at everywhere. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t done;
static sigset_t inside;
static const char *path;
static int led_on;

static void stop(int sig)
{
    done = sig;
}

static void say(const char *what)
{
    fprintf(stderr, "button: %s\n", what);
    syslog(LOG_NOTICE, "%s", what);
}

static int open_fifo(void)
{
    struct stat st;
    if (mkfifo(path, 0600) < 0 && errno != EEXIST)
        return -1;
    if (lstat(path, &st) < 0)
        return -1;
    if (!S_ISFIFO(st.st_mode) || st.st_uid != getuid()) {
        errno = EEXIST;
        return -1;
    }
    if (chmod(path, 0600) < 0)
        return -1;
    return open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

static int try_send(const char *msg)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(5555),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t len = strlen(msg) + 1, sent = 0;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return 0;
    if (connect(s, (struct sockaddr *)&a, sizeof a) == 0)
        while (sent < len) {
            ssize_t n = send(s, msg + sent, len - sent, MSG_NOSIGNAL);
            if (n < 0 && errno != EINTR)
                break;
            if (n > 0)
                sent += n;
        }
    close(s);
    return sent == len;
}

static void toggle(void)
{
    const char *msg = led_on ? "LED OFF" : "LED ON";
    struct timespec pause = {.tv_nsec = 100 * 1000000};
    for (int i = 0; i < 20 && !done; i++) {
        if (try_send(msg)) {
            led_on = !led_on;
            return;
        }
        ppoll(NULL, 0, &pause, &inside);
    }
    say("the LED does not answer, press lost");
}

static void take(const char *data, ssize_t size)
{
    static char line[8];
    static size_t length;
    for (ssize_t i = 0; i < size && !done; i++) {
        if (data[i] != '\n') {
            if (length < sizeof line)
                line[length++] = data[i];
            continue;
        }
        if (length == 1 && line[0] == '0')
            toggle();
        else
            say("that was no press");
        length = 0;
    }
}

int main(int argc, char **argv)
{
    struct sigaction sa = {.sa_handler = stop};
    sigset_t both;
    (void)argv;
    if (argc != 1) {
        fprintf(stderr, "usage: button_process\n");
        return 2;
    }
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, &inside);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    openlog("Button", LOG_PID, LOG_USER);
    path = getenv("BUTTON_FIFO");
    if (!path)
        path = "/tmp/tcp_file";
    int fd = open_fifo();
    if (fd < 0) {
        fprintf(stderr, "button_process: %s: %s\n", path, strerror(errno));
        return 1;
    }
    while (!done) {
        struct pollfd p = {fd, POLLIN, 0};
        char data[4096];
        if (ppoll(&p, 1, NULL, &inside) <= 0)
            continue;
        ssize_t n = read(fd, data, sizeof data);
        if (n > 0)
            take(data, n);
    }
    unlink(path);
    return 0;
}
