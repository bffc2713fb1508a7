/* bench.c: what names cost: lookup and dial beside their Python peers.
 *
 *     bench BUILD
 *
 * Runs each command in turn, and several times over, on the same inputs and
 * against one dual_server; prints medians, and how many times longer the peer
 * takes. A run is from the start of the program to its end.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, KINDS = 4, MOST_ARGS = 5 };

static char *text(const char *form, const char *name)
{
    char *all;
    if (asprintf(&all, form, name) < 0)
        err(1, "memory");
    return all;
}

/* Starts a command whose stdout is `out`. */
static pid_t launch(char *const *args, int out)
{
    posix_spawn_file_actions_t streams;
    pid_t child;
    posix_spawn_file_actions_init(&streams);
    posix_spawn_file_actions_adddup2(&streams, out, 1);
    int failure = posix_spawn(&child, args[0], &streams, NULL, args, environ);
    if (failure)
        errx(1, "%s: %s", args[0], strerror(failure));
    posix_spawn_file_actions_destroy(&streams);
    return child;
}

/* The server, and its port from its ready line. */
static pid_t start_server(const char *build, char port[8])
{
    int channel[2];
    char line[64] = "";
    char *args[] = {text("%s/solutions/lab05-names/dual_server", build), "0",
                    NULL};
    if (pipe2(channel, O_CLOEXEC) < 0)
        err(1, "pipe");
    pid_t server = launch(args, channel[1]);
    close(channel[1]);
    if (read(channel[0], line, sizeof line - 1) <= 0 ||
        sscanf(line, "listening on port %7[0-9]", port) != 1)
        errx(1, "dual_server is not ready");
    return server; /* it goes on writing: the pipe stays open */
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static double timed(char *const *args, int null)
{
    int status;
    double begin = milliseconds();
    pid_t child = launch(args, null);
    if (waitpid(child, &status, 0) < 0 || status != 0)
        errx(1, "%s failed, so nothing was measured", args[0]);
    return milliseconds() - begin;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    static const char folder[] = "labs/lab05-names";
    char port[8];
    double took[KINDS][ROUNDS];
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (argc != 2 || null < 0)
        errx(2, "usage: bench BUILD");
    pid_t server = start_server(argv[1], port);
    char *const commands[KINDS][MOST_ARGS] = {
        {text("%s/solutions/lab05-names/lookup", argv[1]), "::1", port},
        {"/usr/bin/python3", text("%s/peer_lookup.py", folder), "::1", port},
        {text("%s/solutions/lab05-names/dial", argv[1]), "127.0.0.1", port},
        {"/usr/bin/python3", text("%s/peer_dial.py", folder), "127.0.0.1",
         port}};

    for (int round = 0; round < ROUNDS; round++)
        for (int kind = 0; kind < KINDS; kind++)
            took[kind][round] = timed(commands[kind], null);
    kill(server, SIGTERM);
    for (int kind = 0; kind < KINDS; kind++)
        qsort(took[kind], ROUNDS, sizeof **took, ascending);

    printf("  %-22s %9s %9s %7s\n", "from start to end", "C", "Python",
           "ratio");
    for (int kind = 0; kind < KINDS; kind += 2) {
        double c = took[kind][ROUNDS / 2], peer = took[kind + 1][ROUNDS / 2];
        printf("  %-22s %6.1f ms %6.1f ms %7.1f\n",
               kind == 0 ? "lookup ::1 PORT" : "dial 127.0.0.1 PORT", c, peer,
               peer / c);
    }
    return 0;
}
