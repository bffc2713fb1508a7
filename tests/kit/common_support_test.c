/* common_support_test.c: the code of common_test.h. */
#include "common_test.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Stand-ins for calls of the C library -------------------------------- */

struct stand_ins stand_ins = {.connecting = -1, .spare = -1};

#define REAL(call) ((__typeof__(&(call)))dlsym(RTLD_NEXT, #call))

static bool fails_by(const int **errors)
{
    if (*errors == NULL || **errors == 0)
        return false;
    errno = *(*errors)++;
    return true;
}

int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict size)
{
    if (fails_by(&stand_ins.accept))
        return -1;
    int client = REAL(accept)(fd, address, size);
    int error = errno;
    if (client == -1 && error == EMFILE && ++stand_ins.starved_accepts == 3)
        close(stand_ins.spare);
    errno = error;
    return client;
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    if (fails_by(&stand_ins.connect))
        return -1;
    if (!stand_ins.connect_interrupted)
        return REAL(connect)(fd, address, size);

    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    int result = REAL(connect)(fd, address, size);
    int error = result == -1 && errno == EINPROGRESS ? EINTR : errno;
    stand_ins.connecting = fd;
    fcntl(fd, F_SETFL, flags);
    errno = error;
    return result;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    if (fails_by(&stand_ins.setsockopt))
        return -1;
    return REAL(setsockopt)(fd, level, name, value, size);
}

int listen(int fd, int backlog)
{
    return fails_by(&stand_ins.listen) ? -1 : REAL(listen)(fd, backlog);
}

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints,
                struct addrinfo **restrict list)
{
    __typeof__(&getaddrinfo) real = REAL(getaddrinfo);

    if (strcmp(host, "two.example") != 0)
        return real(host, service, hints, list);
    ck_assert_int_eq(real("127.0.0.2", service, hints, list), 0);
    return real("127.0.0.1", service, hints, &(*list)->ai_next);
}

/* ---- Descriptors --------------------------------------------------------- */

int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

static struct rlimit fed;

void limit_descriptors(int limit)
{
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &fed), 0);
    const struct rlimit starved = {.rlim_cur = (rlim_t)limit,
                                   .rlim_max = fed.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &starved), 0);
}

void starve(void)
{
    int lowest_free = dup(0);

    ck_assert_int_ge(lowest_free, 0);
    close(lowest_free);
    limit_descriptors(lowest_free);
}

void feed(void)
{
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &fed), 0);
}

/* ---- Sockets ------------------------------------------------------------- */

struct sockaddr_storage numeric_address(const char *number, uint16_t port)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
    struct sockaddr_storage address = {0};
    struct addrinfo *found;

    ck_assert_int_eq(getaddrinfo(number, format("%u", port), &hints, &found),
                     0);
    memcpy(&address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return address;
}

int bound_socket(int type, const char *number)
{
    struct sockaddr_storage address = numeric_address(number, 0);
    int fd = socket(address.ss_family, type, 0);
    bool bound =
        fd != -1 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;

    ck_assert_msg(bound || address.ss_family == AF_INET6, "%s: %s", number,
                  strerror(errno));
    return bound ? fd : -1;
}

int listen_somewhere(void)
{
    const char *call;
    int listener = net_listen(0, &call);

    ck_assert_int_ge(listener, 0);
    return listener;
}

uint16_t port_of(int fd)
{
    int port = net_bound_port(fd);

    ck_assert_int_gt(port, 0);
    return (uint16_t)port;
}

int connect_or_fail(const char *host, uint16_t port)
{
    int error;
    int fd = net_connect(host, port, &error);

    ck_assert_msg(fd >= 0, "%s: %s", host, net_reason(error));
    return fd;
}

struct connection tcp_connection(void)
{
    int listener = listen_somewhere();
    struct connection pair = {
        .client = connect_or_fail("127.0.0.1", port_of(listener))};

    pair.server = net_accept(listener, NULL);
    ck_assert_int_ge(pair.server, 0);
    close(listener);
    return pair;
}

struct connection local_connection(int type)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, type, 0, pair), 0);
    return (struct connection){.server = pair[0], .client = pair[1]};
}

void reset_connection(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    ck_assert_int_eq(
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(fd);
}

void put(int fd, const char *data, size_t size)
{
    ck_assert_int_eq(send(fd, data, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* ---- Children, and signals in the middle of a blocked call --------------- */

static pid_t parent;

pid_t start_child(void)
{
    parent = getpid();
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    return child;
}

void expect_child_ok(pid_t child)
{
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "the child ended with wait status %#x", status);
}

static int handled[2]; /* a byte comes out for each signal handled */

static void on_signal(int signal)
{
    int error = errno;

    (void)signal;
    if (write(handled[1], "", 1) != 1)
        abort();
    errno = error;
}

void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */

    ck_assert_int_eq(pipe(handled), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

static bool is_asleep(pid_t pid)
{
    char path[64], text[512];

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        _exit(90);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *name_end = strrchr(text, ')');
    return name_end != NULL && strncmp(name_end, ") S", 3) == 0;
}

pid_t await_parent_asleep(void)
{
    while (!is_asleep(parent))
        sched_yield();
    return parent;
}

void interrupt_three_times(void)
{
    char byte;

    for (int i = 0; i < 3; i++) {
        if (kill(await_parent_asleep(), SIGUSR1) == -1 ||
            read(handled[0], &byte, 1) != 1)
            _exit(91);
    }
    await_parent_asleep();
}
