/* tap_subject.c: talks to itself over TCP in all ways in which a tap could
 * disturb it, and looks whether anything is not as it left it: from many
 * threads, in a child, in a signal handler, with errno watched, and after
 * closing all descriptors that it does not know. Prints what was disturbed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 100, STRANGE = 4711 };

static struct sockaddr_in address;
static int listener, pair[2];

static void expect(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "disturbed: %s (%s)\n", what, strerror(errno));
    _exit(1);
}

/* One connection: both ends are ours. */
static void exchange(void)
{
    char byte = 'x';

    int client = socket(AF_INET, SOCK_STREAM, 0);
    errno = STRANGE;
    int connected =
        connect(client, (struct sockaddr *)&address, sizeof address);
    expect(connected == 0 && errno == STRANGE, "connect");
    int server = accept(listener, NULL, NULL);
    expect(server != -1 && errno == STRANGE, "accept");
    expect(write(client, &byte, 1) == 1 && errno == STRANGE, "write");
    expect(send(server, &byte, 1, 0) == 1 && errno == STRANGE, "send");
    expect(read(client, &byte, 1) == 1 && errno == STRANGE, "read");
    expect(close(client) == 0 && close(server) == 0 && errno == STRANGE,
           "close");
    expect(close(client) == -1 && errno == EBADF, "errno of close");
}

static void *exchange_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        expect(connect(client, (struct sockaddr *)&address, sizeof address) ==
                   0,
               "connect in a thread");
        int server = accept(listener, NULL, NULL);
        expect(server != -1, "accept in a thread");
        expect(send(server, "hello", 5, MSG_NOSIGNAL) != 0, "send in a thread");
        close(server);
        close(client);
    }
    return NULL;
}

static void on_alarm(int number)
{
    int error = errno;

    (void)number;
    expect(write(pair[0], "x", 1) == 1 || errno == EAGAIN,
           "write in a handler");
    errno = error;
}

/* A pair of connected sockets, into which a handler writes all the time. */
static void be_interrupted(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    const struct itimerval often = {.it_interval.tv_usec = 200,
                                    .it_value.tv_usec = 200};

    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    expect(connect(pair[0], (struct sockaddr *)&address, sizeof address) == 0,
           "connect");
    pair[1] = accept(listener, NULL, NULL);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
}

static void use_threads(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        expect(pthread_create(&threads[i], NULL, exchange_often, NULL) == 0,
               "pthread_create");
    for (int i = 0; i < 20; i++) { /* while they are at work */
        int status;
        pid_t child = fork();
        if (child == 0) {
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            expect(connect(fd, (struct sockaddr *)&address, sizeof address) ==
                           0 &&
                       write(fd, "child", 5) == 5,
                   "a child");
            _exit(0);
        }
        while (waitpid(child, &status, 0) == -1)
            expect(errno == EINTR, "waitpid");
        expect(status == 0, "a child's end");
        close(accept(listener, NULL, NULL));
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* Whatever descriptors there were, from now on each is our own socket. */
static void take_all_descriptors(void)
{
    char byte;
    int ends[2];

    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    for (int fd = ends[1] + 1; fd < 300; fd++)
        if (fd != listener)
            expect(dup2(ends[1], fd) == fd, "dup2");
    exchange();
    expect(recv(ends[0], &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN,
           "a socket that only we know");
}

int main(void)
{
    socklen_t size = sizeof address;
    const struct itimerval never = {0};

    listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    expect(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
               listen(listener, 128) == 0 &&
               getsockname(listener, (struct sockaddr *)&address, &size) == 0,
           "a listener");
    for (int i = 0; i < ROUNDS; i++)
        exchange();
    be_interrupted();
    use_threads();
    setitimer(ITIMER_REAL, &never, NULL);
    take_all_descriptors();
    return 0;
}
