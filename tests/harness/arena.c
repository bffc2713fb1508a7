/* arena.c: a private network for one test.
 *
 * A new network namespace has a loopback interface of its own and nothing else,
 * so every test may use port 9999, and nothing that a program under test does
 * reaches any other network. An ordinary user gets one inside a user namespace
 * (user_namespaces(7), network_namespaces(7)).
 */
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static enum isolation isolation = ISOLATION_NONE;

void isolation_set(enum isolation to)
{
    isolation = to;
}

enum isolation isolation_now(void)
{
    return isolation;
}

const char *isolation_name(void)
{
    return isolation == ISOLATION_CELL ? "cell" : "none";
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool whole = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    return close(fd) == 0 && whole;
}

static bool loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

/* Lines of uid_map are "first here, first outside, how many";
 * user_namespaces(7). */
bool may_hand_out_users(void)
{
    static int known = -1;
    if (known >= 0)
        return known;
    unsigned long first, outside, count;
    FILE *map = fopen("/proc/self/uid_map", "re");
    known = 0;
    while (map && geteuid() == 0 &&
           fscanf(map, "%lu %lu %lu", &first, &outside, &count) == 3)
        known |= first <= CELL_USERS &&
                 first + count >= (unsigned long)CELL_USERS + MOST_PIDS_EVER;
    if (map)
        fclose(map);
    return known;
}

static const char *try_arena(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (uid == 0) {
        if (unshare(CLONE_NEWNET) < 0)
            return "root may make no network namespace here (a container "
                   "without CAP_SYS_ADMIN?)";
    } else {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
            return "user namespaces are switched off for ordinary users";
        if (!write_file("/proc/self/setgroups", "deny") ||
            !write_file("/proc/self/uid_map", format("%u %u 1", uid, uid)) ||
            !write_file("/proc/self/gid_map", format("%u %u 1", gid, gid)))
            return "user namespaces are restricted for ordinary users";
    }
    /* Reading /proc/net/tcp walks the hash table of all connections, and the
     * one that namespaces share has a bucket for every 100 kB of the machine's
     * memory: 3 ms a look. The children of a namespace may have their own,
     * small one (Linux 6.1 and later; ip-sysctl, "tcp_child_ehash_entries"). */
    if (write_file("/proc/sys/net/ipv4/tcp_child_ehash_entries", "512") &&
        unshare(CLONE_NEWNET) < 0)
        return "a second network namespace was refused";
    return loopback_up() ? NULL
                         : "the loopback interface of a new network "
                           "namespace may not be switched on";
}

void enter_arena(void)
{
    if (isolation != ISOLATION_CELL)
        return;
    const char *trouble = try_arena();
    if (trouble)
        broken("no private network: %s", trouble);
}

void enter_fresh_arena(void)
{
    if (isolation == ISOLATION_CELL &&
        (unshare(CLONE_NEWNET) < 0 || !loopback_up()))
        broken("no second private network: %s", strerror(errno));
}

/* The probe does what a test does: an arena, and a cell in it. */
static const char *probe(void)
{
    const char *trouble = try_arena();
    if (trouble)
        return trouble;
    isolation = ISOLATION_CELL;
    struct program program = {0};
    struct launch launch = {.name = "probe"};
    cell_start(&program, &launch);
    int status;
    if (waitpid(program.keeper, &status, 0) < 0)
        return strerror(errno);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return "bubblewrap is not installed";
    static char said[300];
    ssize_t n = read(program.err, said, sizeof said - 1);
    for (ssize_t i = 0; i < n; i++)
        if (said[i] == '\n')
            said[i] = '\0';
    return n > 0 ? said : "bubblewrap failed and said nothing";
}

enum isolation isolation_probe(const char **why)
{
    static char reason[300];
    int channel[2];
    if (pipe(channel) < 0)
        broken("pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0)
        broken("fork: %s", strerror(errno));
    if (child == 0) {
        const char *trouble = probe();
        if (trouble && write(channel[1], trouble, strlen(trouble)) < 0)
            _exit(2);
        _exit(0);
    }
    close(channel[1]);
    ssize_t n = read(channel[0], reason, sizeof reason - 1);
    close(channel[0]);
    int status;
    if (waitpid(child, &status, 0) < 0 || status != 0 || n < 0)
        snprintf(reason, sizeof reason, "the probe itself failed");
    *why = *reason ? reason : NULL;
    return *reason ? ISOLATION_NONE : ISOLATION_CELL;
}

/* In an arena every port is free but those the test itself uses; on the
 * machine's own network, ask the kernel. */
static bool is_free_for(uint16_t port, int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    bool is_free =
        fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return is_free;
}

bool port_is_free(uint16_t port)
{
    return is_free_for(port, SOCK_STREAM) && is_free_for(port, SOCK_DGRAM);
}

void clamp_buffers(void)
{
    /* Writable for whoever administers the network namespace; tcp(7). */
    if (!write_file("/proc/sys/net/ipv4/tcp_wmem", "4096 4096 4096") ||
        !write_file("/proc/sys/net/ipv4/tcp_rmem", "4096 4096 4096"))
        broken("cannot make socket buffers small: %s", strerror(errno));
}
