/* network.c: what a test may change in its arena's network, and what the names
 * in a cell stand for. */
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

/* ---- Settings and addresses ---- */

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        broken("cannot write %s: %s", path, strerror(errno));
}

void set_network(const char *name, const char *value)
{
    note("%s is set to %s", name, value);
    write_text(format("/proc/sys/%s", name), value);
}

/* Lines are "address index prefix scope flags device", the address in 32
 * hexadecimal digits; without IPv6 there is no such file. */
void need_ipv6(void)
{
    static const char loopback[] = "00000000000000000000000000000001";
    FILE *table = fopen("/proc/self/net/if_inet6", "re");
    char line[256];
    bool found = false;
    while (table && !found && fgets(line, sizeof line, table))
        found = strncmp(line, loopback, strlen(loopback)) == 0;
    if (table)
        fclose(table);
    if (!found)
        skip_test("This machine has no IPv6: its loopback lacks ::1.");
}

/* An IPv4 address needs a name of its own, "lo:1" (netdevice(7)). */
static bool add_ipv4(int fd, struct in_addr address)
{
    static int count;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = address};
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "lo:%d", ++count);
    memcpy(&request.ifr_addr, &to, sizeof to);
    if (ioctl(fd, SIOCSIFADDR, &request) < 0)
        return false;
    to.sin_addr.s_addr = INADDR_NONE; /* 255.255.255.255: this one alone */
    memcpy(&request.ifr_netmask, &to, sizeof to);
    return ioctl(fd, SIOCSIFNETMASK, &request) == 0;
}

static bool add_ipv6(int fd, struct in6_addr address)
{
    struct { /* struct in6_ifreq of linux/ipv6.h; ipv6(7) tells of it */
        struct in6_addr address;
        uint32_t prefix_length;
        int index;
    } request = {address, 128, (int)if_nametoindex("lo")};
    return ioctl(fd, SIOCSIFADDR, &request) == 0;
}

/* The kernel puts an IPv6 address to use a little later, in a thread of its own
 * (RFC 4862, section 5.4); until then the resolver counts it as out of reach.
 */
static bool is_usable(void *arg)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6,
                              .sin6_port = htons(9),
                              .sin6_addr = *(struct in6_addr *)arg};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool usable =
        fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    struct sockaddr_in6 from = {0};
    socklen_t size = sizeof from;
    usable = usable && getsockname(fd, (struct sockaddr *)&from, &size) == 0 &&
             memcmp(&from.sin6_addr, &to.sin6_addr, sizeof to.sin6_addr) == 0;
    if (fd >= 0)
        close(fd);
    return usable;
}

void add_address(const char *address)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    bool is_ipv4 = inet_pton(AF_INET, address, &ipv4) == 1;
    if (!is_ipv4 && inet_pton(AF_INET6, address, &ipv6) != 1)
        broken("%s is not an address", address);
    int fd = socket(is_ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !(is_ipv4 ? add_ipv4(fd, ipv4) : add_ipv6(fd, ipv6)))
        broken("cannot add the address %s: %s", address, strerror(errno));
    close(fd);
    int patience = is_ipv4 ? 0 : 10; /* of 1.5 s each */
    while (patience > 0 && wait_for(is_usable, &ipv6, -1, 0, 1) != WAITED_DONE)
        patience--;
    if (!is_ipv4 && patience == 0)
        broken("the address %s does not come into use", address);
    note("this machine has the address %s too", address);
}

/* ---- Names, as a cell sees them ---- */

static char *text_of(const char *name)
{
    FILE *file = fopen(format("%s/cell/etc/%s", config.tools, name), "re");
    char text[4096];
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (n == 0)
        broken("cannot read %s of the cells", name);
    fclose(file);
    text[n] = '\0';
    return format("%s", text);
}

/* In a process of its own, with an /etc like that of a cell: no name of the
 * machine's own files, and no server that knows more. */
static void resolve_apart(const char *hosts, const char *name, FILE *answer)
{
    static const char *const copied[] = {"nsswitch.conf", "host.conf"};
    char *texts[] = {text_of(copied[0]), text_of(copied[1])};
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list;

    if (unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 ||
        mount("tmpfs", "/etc", "tmpfs", 0, NULL) < 0)
        broken("no mount namespace for the resolver: %s", strerror(errno));
    for (int i = 0; i < 2; i++)
        write_text(format("/etc/%s", copied[i]), texts[i]);
    write_text("/etc/hosts", hosts);

    int failure = getaddrinfo(name, NULL, &hints, &list);
    if (failure)
        broken("the resolver does not find %s: %s", name,
               gai_strerror(failure));
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        char address[NI_MAXHOST];
        if (getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof address,
                        NULL, 0, NI_NUMERICHOST))
            broken("an address that is none");
        fprintf(answer, "%s\n", address);
    }
    if (fclose(answer) != 0)
        broken("the resolver's answer is lost: %s", strerror(errno));
}

char **resolve_in_cell(const char *hosts, const char *name)
{
    enum { MOST = 64 };
    char **addresses = need(calloc(MOST + 1, sizeof *addresses)), line[256];
    int channel[2], status, count = 0;
    if (pipe2(channel, O_CLOEXEC) < 0)
        broken("pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0)
        broken("fork: %s", strerror(errno));
    if (child == 0) {
        resolve_apart(hosts, name, fdopen(channel[1], "w"));
        _exit(0);
    }
    close(channel[1]);
    FILE *answer = fdopen(channel[0], "r");
    while (count < MOST && answer && fgets(line, sizeof line, answer))
        addresses[count++] = format("%.*s", (int)strcspn(line, "\n"), line);
    if (answer)
        fclose(answer);
    if (waitpid(child, &status, 0) < 0 || status != 0 || count == 0)
        broken("the resolver gave no answer");
    return addresses;
}
