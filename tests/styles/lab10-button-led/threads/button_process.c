/* button_process.c in another style: one thread reads the FIFO with getline and
 * counts presses, another one delivers them, a third waits for signals. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static unsigned long presses;
static const char *path;

static void *wait_for_signal(void *both)
{
    int number;
    sigwait(both, &number);
    unlink(path);
    _exit(0);
}

static bool send_once(const char *command)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM},
                    *list, *a;
    bool sent = false;
    if (getaddrinfo("localhost", "5555", &hints, &list))
        return false;
    for (a = list; a && !sent; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd == -1)
            continue;
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
            size_t left = strlen(command) + 1;
            while (left) {
                ssize_t n = send(fd, command, left, MSG_NOSIGNAL);
                if (n == -1 && errno != EINTR)
                    break;
                if (n > 0) {
                    command += n;
                    left -= n;
                }
            }
            sent = left == 0;
            shutdown(fd, SHUT_WR);
        }
        close(fd);
        if (sent || a->ai_next == NULL)
            break;
    }
    freeaddrinfo(list);
    return sent;
}

static void *deliver(void *unused)
{
    bool on = false;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (presses == 0)
            pthread_cond_wait(&more, &lock);
        presses--;
        pthread_mutex_unlock(&lock);

        struct timespec start, now;
        bool sent = false;
        clock_gettime(CLOCK_MONOTONIC, &start);
        do {
            sent = send_once(on ? "LED OFF" : "LED ON");
            if (!sent)
                usleep(30000);
            clock_gettime(CLOCK_MONOTONIC, &now);
        } while (!sent && (now.tv_sec - start.tv_sec) * 1000 +
                                  (now.tv_nsec - start.tv_nsec) / 1000000 <
                              1950);
        if (sent)
            on = !on;
        else
            syslog(LOG_ERR, "nobody takes %s", on ? "LED OFF" : "LED ON");
    }
    return unused;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr, "usage: %s\n", argv[0]);
        return 2;
    }

    static sigset_t both;
    struct stat what;
    pthread_t thread;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    openlog("button", LOG_PERROR, LOG_USER);
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &both, NULL);
    path = getenv("BUTTON_FIFO");
    if (path == NULL || *path == '\0')
        path = "/tmp/tcp_file";
    mkfifo(path, S_IRUSR | S_IWUSR);
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    if (fd == -1 || fstat(fd, &what) || !S_ISFIFO(what.st_mode) ||
        what.st_uid != geteuid() || fchmod(fd, 0600)) {
        fprintf(stderr, "button_process: %s: cannot be the button: %s\n", path,
                fd == -1 ? strerror(errno) : "not a FIFO of mine");
        return 1;
    }
    fcntl(fd, F_SETFL, 0); /* reads wait */
    FILE *fifo = fdopen(fd, "r");
    if (fifo == NULL || pthread_create(&thread, NULL, wait_for_signal, &both) ||
        pthread_create(&thread, NULL, deliver, NULL))
        return 1;
    while ((length = getline(&line, &room, fifo)) != -1) {
        if (length == 2 && line[0] == '0') {
            pthread_mutex_lock(&lock);
            presses++;
            pthread_cond_signal(&more);
            pthread_mutex_unlock(&lock);
        } else {
            syslog(LOG_NOTICE, "ignored a line of %zd bytes", length - 1);
        }
    }
    return 1;
}
