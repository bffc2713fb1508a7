/* bench.c: the server in C beside the Python peer: round trips a second, one
 * client, one datagram after the other, measured in turns in one run. Programs
 * are built as students' are, without optimisation: of the longest datagrams
 * the loop over the bytes takes most of the time, where Python has a table.
 *
 *     bench BUILD       from the project's root
 */
#include <arpa/inet.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 5, TRIPS = 5000, MOST = 65507 };

struct server {
    const char *title;
    char *command[4];
    pid_t pid;
    int client; /* a socket that is connected to it */
};

/* Its port, from the ready line. */
static int start_server(struct server *server)
{
    int out[2], port;
    if (pipe(out) < 0 || (server->pid = fork()) < 0)
        err(1, "start of a server");
    if (server->pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execv(server->command[0], server->command);
        err(127, "%s", server->command[0]);
    }
    close(out[1]);
    FILE *lines = fdopen(out[0], "r");
    if (!lines || fscanf(lines, "listening on port %d", &port) != 1)
        errx(1, "%s: no ready line", server->command[0]);
    return port;
}

static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
        err(1, "a client's socket");
    return fd;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* Round trips a second. */
static double measure(int client, size_t size)
{
    static char data[MOST], answer[MOST];
    double begin = now();
    memset(data, 'a', size);
    for (int i = 0; i < TRIPS; i++)
        if (send(client, data, size, 0) < 0 ||
            recv(client, answer, sizeof answer, 0) != (ssize_t)size)
            err(1, "a round trip");
    return TRIPS / (now() - begin);
}

static int by_size(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static double median(double *values)
{
    qsort(values, TURNS, sizeof *values, by_size);
    return values[TURNS / 2];
}

static void compare(struct server servers[2], size_t size)
{
    double trips[2][TURNS], ratios[TURNS];
    for (int turn = 0; turn < TURNS; turn++) {
        for (int i = 0; i < 2; i++)
            trips[i][turn] = measure(servers[i].client, size);
        ratios[turn] = trips[0][turn] / trips[1][turn];
    }
    printf("  %6zu bytes  %10.0f  %10.0f  %8.2f\n", size, median(trips[0]),
           median(trips[1]), median(ratios));
}

int main(int argc, char **argv)
{
    static char in_c[4096];
    struct server servers[2] = {
        {.title = "C", .command = {in_c, "0"}},
        {.title = "Python",
         .command = {"/usr/bin/python3", "labs/lab07-datagrams/peer_server.py",
                     "0"}}};
    if (argc != 2)
        errx(2, "usage: bench BUILD");
    snprintf(in_c, sizeof in_c, "%s/solutions/lab07-datagrams/server", argv[1]);

    for (int i = 0; i < 2; i++)
        servers[i].client = connect_to(start_server(&servers[i]));
    printf("Round trips a second, one client, median of %d turns of %d\n\n"
           "  %12s  %10s  %10s  %8s\n",
           TURNS, TRIPS, "", servers[0].title, servers[1].title, "ratio");
    static const size_t sizes[] = {13, 1400, MOST};
    for (int i = 0; i < 3; i++)
        compare(servers, sizes[i]);
    for (int i = 0; i < 2; i++) {
        kill(servers[i].pid, SIGKILL);
        waitpid(servers[i].pid, NULL, 0);
    }
    return 0;
}
