/* names.h: hosts and services that a test makes up, for the cells' /etc. */
#ifndef NAMES_H
#define NAMES_H

#include "times.h"

/* A host with several addresses, those of the resolver in its order. */
struct host {
    const char *name;
    const char *hosts; /* the text of /etc/hosts */
    char **addresses;  /* up to a null */
};

/* A host of this machine: `ipv4` addresses of the loopback's 127.0.0.0/8, and
 * with `ipv6` two IPv6 ones between them, which the machine is given. */
struct host host_here(int ipv4, bool ipv6);

/* As host_here, and two more addresses that no route leads to. */
struct host host_partly_reachable(void);

/* A service of a made-up name, that no port above has. */
char *random_service(void);

/* A line of /etc/services: "name 4242/tcp". */
char *service_line(const char *name, uint16_t port, const char *protocol);

/* An address of 127.0.0.0/8, but not 127.0.0.1. */
char *random_loopback(void);

/* Of an IPv6 address: ":1a2b" and so on, 16 bits each. */
char *random_groups(int count);

const char *family_of(const char *address); /* "IPv4" or "IPv6" */

/* A program's stdout, up to its first newline. */
char *first_line(struct program *program);

#endif
