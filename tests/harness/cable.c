/* cable.c: two machines and what joins them.
 *
 *     server's namespace      the relay's          client's namespace
 *       eth0 10.9.0.1  ======== server  client ========  eth0 10.9.0.2
 *
 * Each ==== is a pair of virtual interfaces (veth(4)): what goes in at one end
 * comes out at the other. The relay (relay.c) carries frames across, so it can
 * hold them up, and lose them. rtnetlink(7) says how interfaces are made.
 */
#include "cable.h"
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const names[SIDES] = {"server", "client"};
static const char *const ipv4[SIDES] = {SERVER_ADDRESS, CLIENT_ADDRESS};
static const char *const ipv6[SIDES] = {SERVER_ADDRESS_6, CLIENT_ADDRESS_6};

/* Locally administered, and easy to tell apart in a capture. */
static const unsigned char hardware[SIDES][6] = {{2, 0, 0, 0, 0, 1},
                                                 {2, 0, 0, 0, 0, 2}};

/* ---- Requests to the kernel ---- */

struct request {
    struct nlmsghdr head;
    char body[1024];
};

static void *extend(struct request *request, const void *data, size_t size)
{
    void *place = (char *)request + NLMSG_ALIGN(request->head.nlmsg_len);
    memcpy(place, data, size);
    request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len) + size;
    return place;
}

static struct request new_request(int type, const void *data, size_t size)
{
    struct request request = {.head = {.nlmsg_len = NLMSG_HDRLEN,
                                       .nlmsg_type = type,
                                       .nlmsg_flags = NLM_F_REQUEST |
                                                      NLM_F_ACK | NLM_F_CREATE |
                                                      NLM_F_EXCL}};
    extend(&request, data, size);
    return request;
}

static struct rtattr *attribute(struct request *request, int type,
                                const void *data, size_t size)
{
    struct rtattr head = {.rta_len = RTA_LENGTH(size), .rta_type = type};
    struct rtattr *made = extend(request, &head, sizeof head);
    if (size)
        extend(request, data, size);
    return made;
}

/* Of attributes within: all that was added since. */
static void end_nest(struct request *request, struct rtattr *outer)
{
    outer->rta_len = (char *)request + request->head.nlmsg_len - (char *)outer;
}

/* Sends it, and waits for the answer. */
static bool ask(struct request *request)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char rest[2048];
    } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    ssize_t n = -1;
    if (fd >= 0 && send(fd, request, request->head.nlmsg_len, 0) > 0)
        n = recv(fd, &answer, sizeof answer, 0);
    if (fd >= 0)
        close(fd);
    if (n < (ssize_t)(sizeof answer.head + sizeof answer.error))
        return false;
    errno = -answer.error.error;
    return answer.error.error == 0;
}

/* ---- Interfaces ---- */

/* Here an interface with the side's name, in namespace `there` its eth0. */
static bool make_pair(int side, int there)
{
    struct ifinfomsg any = {0};
    struct request request = new_request(RTM_NEWLINK, &any, sizeof any);
    attribute(&request, IFLA_IFNAME, names[side], strlen(names[side]) + 1);
    struct rtattr *info = attribute(&request, IFLA_LINKINFO, NULL, 0);
    attribute(&request, IFLA_INFO_KIND, "veth", 4);
    struct rtattr *data = attribute(&request, IFLA_INFO_DATA, NULL, 0);
    struct rtattr *peer = attribute(&request, VETH_INFO_PEER, NULL, 0);
    extend(&request, &any, sizeof any);
    attribute(&request, IFLA_IFNAME, "eth0", 5);
    attribute(&request, IFLA_ADDRESS, hardware[side], sizeof hardware[side]);
    attribute(&request, IFLA_NET_NS_FD, &there, sizeof there);
    end_nest(&request, peer);
    end_nest(&request, data);
    end_nest(&request, info);
    return ask(&request);
}

/* Segments as they would leave a network card, with their checksums. */
void link_no_offloads(const char *interface)
{
    static const uint32_t off[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO,
                                   ETHTOOL_STXCSUM};
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    for (size_t i = 0; i < sizeof off / sizeof *off && fd >= 0; i++) {
        struct ethtool_value value = {.cmd = off[i], .data = 0};
        request.ifr_data = (char *)&value;
        ioctl(fd, SIOCETHTOOL, &request); /* it may not have that one */
    }
    if (fd >= 0)
        close(fd);
}

static bool raise_interface(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    link_no_offloads(name);
    bool done = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

struct address {
    unsigned char bytes[sizeof(struct in6_addr)];
    size_t size;
};

static struct address read_address(int family, const char *text)
{
    struct address address = {.size = family == AF_INET ? 4 : 16};
    if (inet_pton(family, text, address.bytes) != 1)
        broken("%s is not an address", text);
    return address;
}

static bool add_address_here(int family, const char *text)
{
    struct address address = read_address(family, text);
    struct ifaddrmsg message = {.ifa_family = family,
                                .ifa_prefixlen = family == AF_INET ? 24 : 64,
                                .ifa_flags = IFA_F_NODAD,
                                .ifa_index = if_nametoindex("eth0")};
    struct request request = new_request(RTM_NEWADDR, &message, sizeof message);
    attribute(&request, IFA_LOCAL, address.bytes, address.size);
    attribute(&request, IFA_ADDRESS, address.bytes, address.size);
    return ask(&request);
}

/* Where the other side is, so that nobody need ask. */
static bool add_neighbour(int family, const char *text, int side)
{
    struct address address = read_address(family, text);
    struct ndmsg message = {.ndm_family = family,
                            .ndm_ifindex = (int)if_nametoindex("eth0"),
                            .ndm_state = NUD_PERMANENT};
    struct request request =
        new_request(RTM_NEWNEIGH, &message, sizeof message);
    attribute(&request, NDA_DST, address.bytes, address.size);
    attribute(&request, NDA_LLADDR, hardware[side], sizeof hardware[side]);
    return ask(&request);
}

/* ---- Namespaces ---- */

static bool set(const char *name, const char *value)
{
    int fd = open(format("/proc/sys/net/%s", name), O_WRONLY | O_CLOEXEC);
    bool done =
        fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    if (fd >= 0)
        close(fd);
    return done;
}

/* New interfaces are to say nothing by themselves. Without IPv6 there is
 * nothing to set. */
static void keep_quiet(void)
{
    set("ipv6/conf/default/router_solicitations", "0");
    set("ipv6/conf/default/accept_ra", "0");
    set("ipv6/conf/default/addr_gen_mode", "1");
}

static bool furnish(int side, int rcvbuf)
{
    int other = 1 - side;
    if (rcvbuf &&
        !set("ipv4/tcp_rmem", format("%d %d %d", rcvbuf, rcvbuf, rcvbuf)))
        return false;
    if (!raise_interface("lo") || !raise_interface("eth0") ||
        !add_address_here(AF_INET, ipv4[side]) ||
        !add_neighbour(AF_INET, ipv4[other], other))
        return false;
    if (access("/proc/self/net/if_inet6", F_OK) == 0 &&
        add_address_here(AF_INET6, ipv6[side]))
        add_neighbour(AF_INET6, ipv6[other], other);
    return true;
}

static int this_namespace(void)
{
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* An open table goes on showing the namespace in which it was opened. */
static void open_tables(struct link *link, int side)
{
    static const char *const paths[] = {"/proc/thread-self/net/tcp",
                                        "/proc/thread-self/net/tcp6"};
    for (int i = 0; i < 2; i++)
        link->tables[2 * side + i] = open(paths[i], O_RDONLY | O_CLOEXEC);
}

static const char *make_machines(struct link *link, int server)
{
    const struct link_settings *settings = &link->relay->settings;
    keep_quiet();
    if (unshare(CLONE_NEWNET) < 0)
        return "a second network namespace was refused";
    link->client = this_namespace();
    keep_quiet();
    if (unshare(CLONE_NEWNET) < 0)
        return "a third network namespace was refused";
    set("ipv6/conf/default/disable_ipv6", "1");
    if (!make_pair(SERVER_SIDE, server) ||
        !make_pair(CLIENT_SIDE, link->client))
        return format("the kernel makes no pair of virtual interfaces (%s)",
                      strerror(errno));
    for (int side = 0; side < SIDES; side++)
        if (!raise_interface(names[side]) ||
            !ring_open(&link->relay->ends[side], names[side], false))
            return format("a virtual interface cannot be watched (%s)",
                          strerror(errno));
    const int sides[] = {server, link->client};
    for (int side = SIDES - 1; side >= 0; side--) { /* back to the server's */
        if (setns(sides[side], CLONE_NEWNET) < 0 ||
            !furnish(side, settings->rcvbuf))
            return format("the %s's network cannot be set up (%s)", names[side],
                          strerror(errno));
        open_tables(link, side);
    }
    return NULL;
}

const char *link_make(struct link *link, const struct link_settings *settings)
{
    int server = this_namespace(), control[2];
    link->relay = mmap(NULL, sizeof *link->relay, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (server < 0 || link->relay == MAP_FAILED ||
        pipe2(control, O_CLOEXEC) < 0)
        broken("no link: %s", strerror(errno));
    *link->relay = (struct relay){.settings = *settings};
    const char *trouble = make_machines(link, server);
    if (trouble && setns(server, CLONE_NEWNET) < 0)
        broken("no way back: %s", strerror(errno));
    close(server);
    if (trouble)
        return trouble;
    link->process = fork();
    if (link->process < 0)
        broken("fork: %s", strerror(errno));
    if (link->process == 0) {
        /* Not killed with the test, as all else of its process group is. */
        setpgid(0, 0);
        close(control[1]);
        relay_run(link->relay, control[0]);
        _exit(0);
    }
    close(control[0]);
    link->control = control[1];
    return NULL;
}

/* ---- What goes on ---- */

/* Lines are "sl: local remote ST tx_queue:rx_queue tr:tm->when …"; proc(5). A
 * socket with timer 1 sends again, unless it is answered; in these states it
 * has sent, or is about to. */
static bool sends_again(int table)
{
    static char text[1 << 16];
    ssize_t n = table < 0 ? 0 : pread(table, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned state, unsent, timer;
        if (sscanf(line, " %*d: %*s %*s %x %x:%*x %x:", &state, &unsent,
                   &timer) == 3 &&
            (timer == 1 || state == TCP_SYN_SENT || state == TCP_SYN_RECV ||
             state == TCP_FIN_WAIT1 || state == TCP_LAST_ACK ||
             state == TCP_CLOSING))
            return true;
    }
    return false;
}

bool link_is_busy(const struct link *link)
{
    bool busy = __atomic_load_n(&link->relay->on_its_way, __ATOMIC_ACQUIRE) > 0;
    for (int i = 0; i < 2 * SIDES && !busy; i++)
        busy = sends_again(link->tables[i]);
    return busy;
}

long link_end(struct link *link)
{
    close(link->control);
    while (waitpid(link->process, NULL, 0) < 0 && errno == EINTR)
        ;
    errno = link->relay->error;
    return errno ? -1 : link->relay->left_out;
}
