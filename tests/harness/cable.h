/* cable.h: a network of two machines, made of namespaces, for make trace. */
#ifndef CABLE_H
#define CABLE_H

#include "wire.h"

#include <sys/types.h>

#define SERVER_ADDRESS "10.9.0.1"
#define CLIENT_ADDRESS "10.9.0.2"
#define SERVER_ADDRESS_6 "fd00:9::1"
#define CLIENT_ADDRESS_6 "fd00:9::2"

enum { SERVER_SIDE, CLIENT_SIDE, SIDES, MOST_LOST = 32 };

/* The calling process stays where it is: that becomes the server's machine. */
struct link {
    int client; /* the client's network namespace */
    /* Tables of TCP sockets of both sides, IPv4 and IPv6; -1: none. */
    int tables[2 * SIDES];
    struct relay *relay;
    pid_t process;
    int control; /* as long as it is open, the relay goes on */
};

struct link_settings {
    int delay_ms;
    unsigned lost[MOST_LOST]; /* 1: the first packet; ended by a 0 */
    int rcvbuf;               /* 0: as the kernel has it */
    const char *folder;       /* where wire.pcap goes */
};

/* Null, or a sentence that says why there can be none here. */
const char *link_make(struct link *link, const struct link_settings *settings);
/* No segments larger than go over a wire, on an interface of this namespace. */
void link_no_offloads(const char *interface);
/* Will something happen without any program doing anything? A packet is on its
 * way, or will be sent again. */
bool link_is_busy(const struct link *link);
/* Ends the relay, which writes what it recorded. How many packets it left out;
 * -1 and errno: it could not. */
long link_end(struct link *link);

/* ---- relay.c ---- */

/* Shared with the relay's process. */
struct relay {
    struct ring ends[SIDES];
    struct link_settings settings;
    int on_its_way; /* packets */
    int error;      /* errno of the end */
    long left_out;
};

/* Carries frames until `control` has ended. */
void relay_run(struct relay *relay, int control);

#endif
