/* relay.c: carries frames between two interfaces, as a long cable would, and a
 * bad one: each after a delay, and some never. */
#include "cable.h"
#include "inside.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

/* On its way to one side. The delay is the same for all, so the first that came
 * is the first that is due. */
struct queued {
    struct packet *packet; /* or null, of a frame that is not recorded */
    int64_t due;
    size_t size;
    struct queued *next;
    unsigned char data[];
};

static struct queue {
    struct queued *first, **end;
} queues[SIDES];

static struct packets packets;
static unsigned counted;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

static bool is_lost(const struct relay *relay, unsigned number)
{
    for (int i = 0; i < MOST_LOST && relay->settings.lost[i]; i++)
        if (relay->settings.lost[i] == number)
            return true;
    return false;
}

/* The frame of one side, for the other one. */
static void take(struct relay *relay, int from, const struct frame *frame)
{
    struct queue *queue = &queues[1 - from];
    bool counts;
    struct packet *packet = NULL;
    if (is_of_programs(frame, &counts))
        packet = packets_add(&packets, frame);
    if (counts && is_lost(relay, ++counted)) {
        if (packet)
            packet->arrived = LOST;
        return;
    }
    struct queued *queued = need(malloc(sizeof *queued + frame->kept));
    *queued = (struct queued){.packet = packet,
                              .size = frame->kept,
                              .due = frame->when + relay->settings.delay_ms *
                                                       (int64_t)1000000};
    memcpy(queued->data, frame->data, frame->kept);
    *queue->end = queued;
    queue->end = &queued->next;
    __atomic_add_fetch(&relay->on_its_way, 1, __ATOMIC_RELEASE);
}

/* By their times where both sides have sent. */
static void take_all(struct relay *relay)
{
    for (;;) {
        struct frame frames[SIDES];
        bool there[SIDES];
        for (int side = 0; side < SIDES; side++)
            there[side] = ring_look(&relay->ends[side], &frames[side]);
        if (!there[SERVER_SIDE] && !there[CLIENT_SIDE])
            return;
        int from = !there[SERVER_SIDE] ||
                           (there[CLIENT_SIDE] &&
                            frames[CLIENT_SIDE].when < frames[SERVER_SIDE].when)
                       ? CLIENT_SIDE
                       : SERVER_SIDE;
        take(relay, from, &frames[from]);
        ring_give_back(&relay->ends[from]);
    }
}

/* The stamp comes first: what an arrival causes is never stamped before it. */
static void deliver(struct relay *relay, int to, bool all)
{
    struct queue *queue = &queues[to];
    struct queued *queued;
    while ((queued = queue->first) && (all || queued->due <= now())) {
        if (queued->packet)
            queued->packet->arrived = now();
        while (write(relay->ends[to].fd, queued->data, queued->size) < 0 &&
               errno == ENOBUFS)
            ;
        queue->first = queued->next;
        if (!queue->first)
            queue->end = &queue->first;
        free(queued);
        __atomic_sub_fetch(&relay->on_its_way, 1, __ATOMIC_RELEASE);
    }
}

static struct timespec until_next(void)
{
    int64_t wait = 3600 * (int64_t)1000000000;
    for (int side = 0; side < SIDES; side++)
        if (queues[side].first && queues[side].first->due - now() < wait)
            wait = queues[side].first->due - now();
    if (wait < 0)
        wait = 0;
    return (struct timespec){wait / 1000000000, wait % 1000000000};
}

void relay_run(struct relay *relay, int control)
{
    struct pollfd watched[] = {{relay->ends[SERVER_SIDE].fd, POLLIN, 0},
                               {relay->ends[CLIENT_SIDE].fd, POLLIN, 0},
                               {control, POLLIN, 0}};
    for (int side = 0; side < SIDES; side++)
        queues[side].end = &queues[side].first;
    while (!watched[2].revents) {
        struct timespec wait = until_next();
        if (ppoll(watched, 3, &wait, NULL) < 0 && errno != EINTR)
            break;
        take_all(relay);
        deliver(relay, SERVER_SIDE, false);
        deliver(relay, CLIENT_SIDE, false);
    }
    deliver(relay, SERVER_SIDE, true);
    deliver(relay, CLIENT_SIDE, true);
    for (int side = 0; side < SIDES; side++)
        packets.left_out += ring_missed(&relay->ends[side]);
    relay->left_out = (long)packets.left_out;
    errno = 0;
    if (!packets_write(&packets, relay->settings.folder))
        relay->error = errno ? errno : EIO;
}
