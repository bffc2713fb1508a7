/* wire.c: frames from an interface, and into a file that Wireshark opens. */
#include "wire.h"
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- A ring ---- */

enum { SLOT = 2048, SLOTS = 8192, BLOCK = 1 << 16 };

bool ring_open(struct ring *ring, const char *interface, bool both_ways)
{
    struct tpacket_req size = {.tp_block_size = BLOCK,
                               .tp_block_nr = SLOTS * SLOT / BLOCK,
                               .tp_frame_size = SLOT,
                               .tp_frame_nr = SLOTS};
    int version = TPACKET_V2, one_way = !both_ways;
    ring->next = 0;
    ring->index = (int)if_nametoindex(interface);
    struct sockaddr_ll here = {.sll_family = AF_PACKET,
                               .sll_protocol = htons(ETH_P_ALL),
                               .sll_ifindex = ring->index};
    ring->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (ring->fd < 0 ||
        setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version,
                   sizeof version) < 0 ||
        setsockopt(ring->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one_way,
                   sizeof one_way) < 0 ||
        setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &size, sizeof size) <
            0)
        return false;
    ring->memory = mmap(NULL, (size_t)SLOTS * SLOT, PROT_READ | PROT_WRITE,
                        MAP_SHARED, ring->fd, 0);
    return ring->memory != MAP_FAILED &&
           bind(ring->fd, (struct sockaddr *)&here, sizeof here) == 0;
}

static struct tpacket2_hdr *slot(const struct ring *ring)
{
    return (struct tpacket2_hdr *)(ring->memory + (size_t)ring->next * SLOT);
}

bool ring_look(struct ring *ring, struct frame *frame)
{
    struct tpacket2_hdr *header = slot(ring);
    const struct sockaddr_ll *from;
    if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) &
          TP_STATUS_USER))
        return false;
    from = (const void *)((char *)header + TPACKET_ALIGN(sizeof *header));
    *frame = (struct frame){.data = (unsigned char *)header + header->tp_mac,
                            .kept = header->tp_snaplen,
                            .size = header->tp_len,
                            .when = header->tp_sec * (int64_t)1000000000 +
                                    header->tp_nsec,
                            .outgoing = from->sll_pkttype == PACKET_OUTGOING};
    return true;
}

void ring_give_back(struct ring *ring)
{
    __atomic_store_n(&slot(ring)->tp_status, TP_STATUS_KERNEL,
                     __ATOMIC_RELEASE);
    ring->next = (ring->next + 1) % SLOTS;
}

unsigned ring_missed(struct ring *ring)
{
    struct tpacket_stats counts = {0};
    socklen_t size = sizeof counts;
    getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &counts, &size);
    return counts.tp_drops;
}

/* ---- What a frame is ---- */

bool is_of_programs(const struct frame *frame, bool *counts)
{
    enum { TYPE = 12, IPV4_PROTOCOL = 23, IPV6_NEXT = 20, IPV6_DATA = 54 };
    enum { DESTINATION_UNREACHABLE = 1, PARAMETER_PROBLEM = 4 };
    const unsigned char *data = frame->data;
    unsigned type =
        frame->kept > IPV6_DATA ? data[TYPE] << 8 | data[TYPE + 1] : 0;
    int protocol = -1;
    if (frame->kept > IPV4_PROTOCOL &&
        (data[TYPE] << 8 | data[TYPE + 1]) == ETHERTYPE_IP)
        protocol = data[IPV4_PROTOCOL];
    else if (type == ETHERTYPE_IPV6)
        protocol = data[IPV6_NEXT];
    *counts = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
              protocol == IPPROTO_FRAGMENT;
    return *counts || protocol == IPPROTO_ICMP ||
           (protocol == IPPROTO_ICMPV6 &&
            data[IPV6_DATA] >= DESTINATION_UNREACHABLE &&
            data[IPV6_DATA] <= PARAMETER_PROBLEM);
}

/* ---- Recorded ---- */

struct packet *packets_add(struct packets *packets, const struct frame *frame)
{
    if (packets->count == MOST_PACKETS) {
        packets->left_out++;
        return NULL;
    }
    if (!packets->all)
        packets->all = need(calloc(MOST_PACKETS, sizeof *packets->all));
    struct packet *packet = need(malloc(sizeof *packet + frame->kept));
    *packet = (struct packet){
        .departed = frame->when, .kept = frame->kept, .size = frame->size};
    memcpy(packet->data, frame->data, frame->kept);
    packets->all[packets->count++] = packet;
    return packet;
}

/* The first that is on its way and holds the same bytes. */
static void arrive(struct packets *packets, size_t *first,
                   const struct frame *frame)
{
    while (*first < packets->count && packets->all[*first]->arrived)
        ++*first;
    for (size_t i = *first; i < packets->count; i++) {
        struct packet *packet = packets->all[i];
        if (packet->arrived || packet->size != frame->size ||
            memcmp(packet->data, frame->data, frame->kept) != 0)
            continue;
        packet->arrived = frame->when;
        return;
    }
}

void packets_of_loopback(struct packets *packets, struct ring *ring)
{
    struct frame frame;
    size_t first = 0;
    bool counts;
    for (; ring_look(ring, &frame); ring_give_back(ring)) {
        if (!is_of_programs(&frame, &counts))
            continue;
        if (frame.outgoing)
            packets_add(packets, &frame);
        else
            arrive(packets, &first, &frame);
    }
    packets->left_out += ring_missed(ring) / 2;
}

static int by_departure(const void *a, const void *b)
{
    const struct packet *const *left = a, *const *right = b;
    return ((*left)->departed > (*right)->departed) -
           ((*left)->departed < (*right)->departed);
}

/* pcap-savefile(5), with times in ns. */
static void write_pcap(const struct packets *packets, FILE *file)
{
    const struct {
        uint32_t magic;
        uint16_t major, minor;
        int32_t zone;
        uint32_t accuracy, most, type;
    } head = {0xa1b23c4d, 2, 4, 0, 0, 1 << 18, 1 /* Ethernet */};
    fwrite(&head, sizeof head, 1, file);
    for (size_t i = 0; i < packets->count; i++) {
        const struct packet *packet = packets->all[i];
        uint32_t each[] = {packet->departed / 1000000000,
                           packet->departed % 1000000000, packet->kept,
                           packet->size};
        fwrite(each, sizeof each, 1, file);
        fwrite(packet->data, packet->kept, 1, file);
    }
}

static void write_times(const struct packets *packets, FILE *file)
{
    for (size_t i = 0; i < packets->count; i++) {
        const struct packet *packet = packets->all[i];
        if (packet->arrived == LOST)
            fprintf(file, "%lld lost\n", (long long)packet->departed);
        else
            fprintf(file, "%lld %lld\n", (long long)packet->departed,
                    (long long)(packet->arrived ? packet->arrived
                                                : packet->departed));
    }
}

static bool write_file(const struct packets *packets, const char *path,
                       void (*content)(const struct packets *, FILE *))
{
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    content(packets, file);
    bool whole = !ferror(file);
    return fclose(file) == 0 && whole;
}

bool packets_write(struct packets *packets, const char *folder)
{
    if (packets->count)
        qsort(packets->all, packets->count, sizeof *packets->all, by_departure);
    return write_file(packets, format("%s/wire.pcap", folder), write_pcap) &&
           write_file(packets, format("%s/wire.times", folder), write_times);
}
