/* standin.c: what lies in the place of other programs in a test, so that a test
 * starts one program of the lab only. It connects to the test, tells it what
 * happens to it, and does what it is told.
 *
 *     NAME [ARGUMENT…]          a stand-in for the program NAME
 *     NAME stage PROGRAM [ARGUMENT…]
 *                               starts others, then becomes PROGRAM
 *
 * First it says "NAME PID", and " SIGTERM" behind it if it was born with that
 * blocked or ignored (SIGINT too), for a program that knows nothing of that
 * could never be ended so. Each SIGTERM or SIGINT is a line; it dies of it,
 * unless it has been told to stay. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BROKEN = 99 };

static char folder[PATH_MAX];
static FILE *test;

/* The test's socket lies in the folder above ours. */
static void connect_to_test(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (length < 0 || fd < 0)
        _exit(BROKEN);
    folder[length] = '\0';
    dirname(folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/../standin.sock",
             folder);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        !(test = fdopen(fd, "r+")))
        _exit(BROKEN);
    setvbuf(test, NULL, _IONBF, 0);
}

static void say(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (send(fileno(test), text, size, MSG_NOSIGNAL) < 0)
        _exit(BROKEN);
}

/* One byte at a time: what comes behind the line stays where it is. */
static bool hear(char *line, size_t room)
{
    for (size_t i = 0; i + 1 < room; i++) {
        if (recv(fileno(test), line + i, 1, 0) != 1)
            return false;
        if (line[i] == '\n') {
            line[i] = '\0';
            return true;
        }
    }
    return false;
}

/* ---- The stage ---- */

/* Nobody's child, as a program is that somebody started an hour ago. */
static void start(char *name, char *argument)
{
    char path[PATH_MAX + 64];
    char *argv[] = {path, argument, NULL};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0) {
            execv(path, argv);
            _exit(BROKEN);
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static int be_the_stage(char **program)
{
    char line[256], name[64], argument[64];
    say("stage %d\n", (int)getpid());
    while (hear(line, sizeof line) && strcmp(line, "go") != 0) {
        int words = sscanf(line, "start %63s %63s", name, argument);
        if (words >= 1)
            start(name, words == 2 ? argument : NULL);
    }
    execv(program[0], program);
    perror(program[0]);
    return BROKEN;
}

/* ---- A stand-in ---- */

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}};

/* Only then, when no signal can be missed any more. */
static void introduce(const char *name, const sigset_t *blocked)
{
    struct sigaction action;
    char text[128];
    int size = snprintf(text, sizeof text, "%s %d", name, (int)getpid());
    for (int i = 0; i < 2; i++)
        if (sigismember(blocked, signals[i].number) == 1 ||
            (sigaction(signals[i].number, NULL, &action) == 0 &&
             action.sa_handler == SIG_IGN))
            size += snprintf(text + size, sizeof text - size, " %s",
                             signals[i].name);
    say("%s\n", text);
}

static void die_of(int number)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    kill(getpid(), number);
}

static void tell_signal(int fd, bool stay)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != sizeof info)
        return;
    for (int i = 0; i < 2; i++)
        if (info.ssi_signo == (uint32_t)signals[i].number)
            say("%s\n", signals[i].name);
    if (!stay)
        die_of(info.ssi_signo);
}

/* "exit N", "die", "stay", "echo TEXT". */
static void obey(bool *stay)
{
    char line[256];
    int status;
    if (!hear(line, sizeof line))
        _exit(0);
    if (sscanf(line, "exit %d", &status) == 1)
        _exit(status);
    if (strcmp(line, "die") == 0)
        die_of(SIGKILL);
    if (strcmp(line, "stay") == 0) {
        *stay = true;
        say("stays\n");
    }
    if (strncmp(line, "echo ", 5) == 0)
        say("%s\n", line + 5);
}

int main(int argc, char **argv)
{
    connect_to_test();
    if (argc > 2 && strcmp(argv[1], "stage") == 0)
        return be_the_stage(argv + 2);

    sigset_t both, before;
    bool stay = false;
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_BLOCK, &both, &before);
    int fd = signalfd(-1, &both, SFD_CLOEXEC);
    introduce(basename(argv[0]), &before);
    struct pollfd waiting[] = {{.fd = fd, .events = POLLIN},
                               {.fd = fileno(test), .events = POLLIN}};
    for (;;) {
        if (poll(waiting, 2, -1) < 0 && errno != EINTR)
            return BROKEN;
        if (waiting[0].revents)
            tell_signal(fd, stay);
        if (waiting[1].revents)
            obey(&stay);
    }
}
