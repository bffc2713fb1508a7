/*
 * Style "classic": no library, one socket for IPv6 and IPv4, a blocking accept.
 * Right because each thread has an argument of its own, which it frees, and
 * detaches itself; and because _exit in a handler ends all threads.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int parse_port(const char *text)
{
    char *end;
    long port;

    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    port = strtol(text, &end, 10);
    return *end == '\0' && errno == 0 && port <= 65535 ? (int)port : -1;
}

/* One socket for IPv6 and IPv4. */
static int start_listening(int port)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_port = htons(port),
                               .sin6_addr = IN6ADDR_ANY_INIT};
    socklen_t size = sizeof any;
    int on = 1, off = 0, listener = socket(AF_INET6, SOCK_STREAM, 0);

    if (listener < 0)
        err(1, "socket");
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&any, size) < 0)
        err(1, "bind");
    if (listen(listener, 128) < 0)
        err(1, "listen");
    if (getsockname(listener, (struct sockaddr *)&any, &size) < 0)
        err(1, "getsockname");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("listening on port %d\n", ntohs(any.sin6_port));
    return listener;
}

static int tell(int client)
{
    char line[80];
    struct tm local;
    time_t now = time(NULL);

    localtime_r(&now, &local);
    size_t size = strftime(line, sizeof line,
                           "It is now: %a %b %e %H:%M:%S %Y\n", &local);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(client, line + done, size - done);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            done += n;
    }
    return 0;
}

/* A byte at a time: slow, and right. */
static void serve(int client)
{
    char byte, last = '\n';
    ssize_t n;

    if (tell(client) < 0)
        return;
    for (;;) {
        n = read(client, &byte, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        if (n == 0)
            break;
        last = byte;
        if (byte == '\n' && tell(client) < 0)
            return;
    }
    if (last != '\n')
        tell(client);
}

static void *work(void *argument)
{
    int client = *(int *)argument;

    free(argument);
    pthread_detach(pthread_self());
    serve(client);
    close(client);
    return NULL;
}

static void end(int number)
{
    (void)number;
    _exit(0);
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? parse_port(argv[1]) : 5155;
    if (argc > 2 || port < 0) {
        fprintf(stderr, "usage: thread_server [PORT]\n");
        exit(2);
    }
    tzset();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, end);
    int listener = start_listening(port);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) {
            if (errno != EINTR && errno != ECONNABORTED)
                usleep(50000);
            continue;
        }
        pthread_t thread;
        int *argument = malloc(sizeof *argument);
        if (argument)
            *argument = client;
        if (!argument || pthread_create(&thread, NULL, work, argument) != 0) {
            free(argument);
            close(client);
        }
    }
}
