/* led_process.c in another style: as inetd does it. Each message is read by a
 * child, with stdio, the connection being its stdin; an alarm is its second,
 * and what it has read is its exit status. The parent logs, and lingers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

typedef enum { ON, OFF, UNKNOWN, NONE } message_t;

static int failed(const char *call)
{
    fprintf(stderr, "led_process: %s: %s\n", call, strerror(errno));
    return 1;
}

static long since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 +
           (now.tv_nsec - start->tv_nsec) / 1000000;
}

/* ---- The child ----------------------------------------------------------- */

static int next_byte(void)
{
    int c;
    while ((c = getchar()) == EOF && ferror(stdin) && errno == EINTR)
        clearerr(stdin);
    return c;
}

static message_t read_message(void)
{
    char line[16];
    size_t n = 0;
    int c;
    while ((c = next_byte()) != EOF && c != '\0' && c != '\n')
        if (n < sizeof line)
            line[n++] = (char)c; /* a full one is no command anyway */
    if (ferror(stdin))
        return NONE;
    if (c == '\n' && n > 0 && n < sizeof line && line[n - 1] == '\r')
        n--;
#define IS(TEXT) (n == sizeof(TEXT) - 1 && memcmp(line, TEXT, n) == 0)
    return IS("LED ON") ? ON : IS("LED OFF") ? OFF : UNKNOWN;
}

static message_t let_child_read(int client)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        dup2(client, STDIN_FILENO);
        signal(SIGALRM, SIG_DFL);
        alarm(1);
        _exit(read_message());
    }
    if (child == -1) {
        syslog(LOG_ERR, "fork: %m");
        return NONE;
    }
    while (waitpid(child, &status, 0) == -1 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? (message_t)WEXITSTATUS(status) : NONE;
}

/* ---- The parent ---------------------------------------------------------- */

/* So that what was not read does not turn into a reset. */
static void linger(int client, const struct timespec *start)
{
    char rest[512];
    struct pollfd p = {.fd = client, .events = POLLIN};
    shutdown(client, SHUT_WR);
    for (long left; (left = 1000 - since(start)) > 0;) {
        int ready = poll(&p, 1, (int)left);
        if (ready == 0 || (ready == -1 && errno != EINTR))
            return;
        if (ready == 1) {
            ssize_t n = recv(client, rest, sizeof rest, MSG_DONTWAIT);
            if (n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN))
                return;
        }
    }
}

static void serve(int client)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    switch (let_child_read(client)) {
    case ON:
        syslog(LOG_INFO, "LED Status: On");
        break;
    case OFF:
        syslog(LOG_INFO, "LED Status: Off");
        break;
    case UNKNOWN:
        syslog(LOG_WARNING, "neither on nor off: ignored");
        break;
    case NONE:
        syslog(LOG_WARNING, "a message without an end: dropped");
        break;
    }
    linger(client, &start);
    close(client);
}

int main(int argc, char **argv)
{
    int one = 1, client, listener;
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr = {htonl(INADDR_ANY)},
                               .sin_port = htons(5555)};
    if (argv[argc > 0]) {
        fprintf(stderr, "usage: led_process\n");
        return 2;
    }
    signal(SIGCHLD, SIG_DFL);
    openlog("LED TCP", LOG_PERROR | LOG_PID, LOG_USER);
    if ((listener = socket(AF_INET, SOCK_STREAM, 0)) < 0)
        return failed("socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0)
        return failed("setsockopt");
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0)
        return failed("bind");
    if (listen(listener, 64) < 0)
        return failed("listen");
    puts("listening on port 5555");
    fflush(stdout);
    for (;;) {
        if ((client = accept(listener, NULL, NULL)) >= 0)
            serve(client);
        else if (errno != EINTR && errno != ECONNABORTED) {
            syslog(LOG_ERR, "accept: %m");
            poll(NULL, 0, 100);
        }
    }
}
