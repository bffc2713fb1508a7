/* random.c: input that no student can have written into the program, and that
 * SEED= brings back. The generator is splitmix64. */
#include "inside.h"

#include <string.h>

static uint64_t state;

void random_start(uint64_t seed, const char *id)
{
    state = seed * 0x9e3779b97f4a7c15u;
    for (; *id; id++)
        state = (state ^ (unsigned char)*id) * 0x100000001b3u;
}

uint64_t random_u64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

unsigned random_below(unsigned n)
{
    return random_u64() % n;
}

/* A port whose two bytes are equal would hide a missing htons; ports from 32768
 * on are the kernel's to hand out. */
uint16_t random_port(void)
{
    for (;;) {
        uint16_t port = 1024 + random_below(32768 - 1024);
        if (port >> 8 != (port & 0xff) && port_is_free(port))
            return port;
    }
}

char *random_word(size_t length)
{
    static const char inner[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789   ";
    char *word = need(calloc(length + 1, 1));
    for (size_t i = 0; i < length; i++)
        word[i] = inner[random_below(sizeof inner - 1)];
    /* no blank at the ends, and a small letter first, so that every word has
     * something to turn into a capital */
    if (length)
        word[length - 1] = 'A' + random_below(26);
    if (length)
        word[0] = 'a' + random_below(26);
    return word;
}

/* A byte that begins a character in UTF-8 (RFC 3629) never stands before one
 * that goes on with it, nor at the end: a program may treat letters outside
 * ASCII in a way of its own, and there shall be none. */
unsigned char *random_bytes(size_t size)
{
    unsigned char *bytes = need(malloc(size + 1));
    for (size_t i = 0; i < size; i++) {
        bool after_lead = i && bytes[i - 1] >= 0xc2;
        do
            bytes[i] = random_below(256);
        while ((after_lead && (bytes[i] & 0xc0) == 0x80) ||
               (i == size - 1 && bytes[i] >= 0xc2));
    }
    bytes[size] = '\0';
    return bytes;
}
