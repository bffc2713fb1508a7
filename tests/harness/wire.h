/* wire.h: frames as they pass on a network interface, for make trace. */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A ring of memory that the kernel fills with what an interface sees, each
 * frame with its time on CLOCK_REALTIME in ns (packet(7)). No process need be
 * there in time: what comes while nobody looks waits in the ring. */
struct ring {
    int fd;
    int index; /* of the interface */
    char *memory;
    unsigned next;
};

struct frame {
    const unsigned char *data;
    size_t kept, size; /* bytes here, and of all */
    int64_t when;
    bool outgoing; /* on its way into the interface, not out of it */
};

/* Of the calling process's network namespace. Errors in errno. */
bool ring_open(struct ring *ring, const char *interface, bool both_ways);
/* The next frame, if there is one; it is the ring's until ring_give_back. */
bool ring_look(struct ring *ring, struct frame *frame);
void ring_give_back(struct ring *ring);
/* Frames that came while the ring was full. */
unsigned ring_missed(struct ring *ring);

/* What the kernel says by itself, to find neighbours, is not what programs
 * said: false for that. `counts`: TCP or UDP, which LOSS counts. */
bool is_of_programs(const struct frame *frame, bool *counts);

/* ---- What was recorded, kept until it can be written in order ---- */

enum { ON_ITS_WAY = 0, LOST = -1, MOST_PACKETS = 20000 };

struct packet {
    int64_t departed, arrived; /* or one of those above */
    size_t kept, size;
    unsigned char data[];
};

struct packets {
    struct packet **all;
    size_t count, left_out; /* beyond MOST_PACKETS */
};

struct packet *packets_add(struct packets *packets, const struct frame *frame);
/* Reads all that a ring on "lo" holds: there each frame comes twice, at its
 * departure and at its arrival. */
void packets_of_loopback(struct packets *packets, struct ring *ring);
/* Writes wire.pcap and wire.times into the folder. Errors in errno. */
bool packets_write(struct packets *packets, const char *folder);

#endif
