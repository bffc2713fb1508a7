/*
 * dual_server.c - tells the time to IPv4 and IPv6 clients, on one socket
 *
 *     build/labs/lab05-names/dual_server SERVICE
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab05` after each. The first test to
 * make pass is dual_server.listens: it does after TODO 3.
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

#include "net.h"

/* TODO 2: a socket for both families. ipv6(7): what is IPV6_V6ONLY, and who
           decides what it is if you do not? socket(7): SO_REUSEADDR
   TODO 3: the address to bind: that of no host, for the family of your socket.
           getaddrinfo(3), AI_PASSIVE. Then bind(2), listen(2), and
           net_announce() in common/net.h */
static int listen_on(const char *service)
{
    (void)service; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

/* TODO 5: "client IPv6 ::1", at once. getnameinfo(3), fflush(3)
   TODO 6: and a client of IPv4? What accept(2) tells of it begins with ::ffff:
           IN6_IS_ADDR_V4MAPPED in ipv6(7) */
static void print_client(const struct sockaddr_storage *peer)
{
    (void)peer; /* keeps the compiler quiet: goes as you write */
    errx(1, "not written yet");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    /* TODO 1: one argument, as in lookup.c */
    int listener = listen_on("8888");
    (void)listener;

    /* TODO 4: for ever: accept a client, tell it the time, end as lab03 does.
       net_accept(), net_send_all(), net_close_gracefully() in common/net.h */
    struct sockaddr_storage peer;
    print_client(&peer);

    /* TODO 7: the start. signal(7), SIGPIPE; tzset(3) */
    return 0;
}
