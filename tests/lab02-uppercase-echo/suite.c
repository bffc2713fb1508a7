/* The suite of lab 02: uppercase echo.
 *
 * Points: 63 for the server, 37 for the client. What the lab teaches weighs
 * most: bytes come back as they should (upper, bytes, at-once, pieces), short
 * counts, a server that no client ends, and a client that cannot deadlock.
 * What came along from lab 1 weighs 1 or 2; only the restart weighs more, for
 * this server is the first that is restarted. UTF-8 is a stretch, for 0.
 *
 * Each test asks for one thing. So most of them end the stream before they wait
 * for the reply, or after they gave it, and leave how the other side ends it
 * to the tests that are there for that. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab02-uppercase-echo";

char *upper(const void *data, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy)
        broken("out of memory");
    memcpy(copy, data, size);
    copy[size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] -= 'a' - 'A';
    return copy;
}

/* ---- For make compare ---------------------------------------------------- */

void (*const suite_canonical)(char *text) = NULL;

const struct pairing suite_pairings[] = {
    {.title = "the default text"},
    {.title = "words and digits", .client_args = {"The quick brown fox 0123"}},
    {.title = "letters outside ASCII",
     .client_args = {"cora\xc3\xa7\xc3\xa3o"}},
    {.title = "control characters", .client_args = {"a\tb\nc\x01\x7f"}},
    {0}};
