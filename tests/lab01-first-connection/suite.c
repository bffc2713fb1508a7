/* The suite of lab 01: first connection.
 *
 * Points: 60 for the server, 40 for the client. What the lab teaches weighs
 * most: the exchange itself, where a message ends, short counts, and a close
 * that destroys nothing. What is got right by one line, and then copied into
 * every later lab (ports, addresses, signals), weighs 1 or 2: often lost
 * together, it must not hide that the exchange works. A server here serves one
 * client and ends, so each client gets a server of its own. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

const char *const suite_lab = "lab01-first-connection";

const char answer[] = "I am the server. I received your message.\n";
const char prompt[] = "Enter the message: ";

char *joined(const void *head, size_t head_size, const void *tail,
             size_t tail_size)
{
    char *whole = malloc(head_size + tail_size + 1);
    if (!whole)
        broken("out of memory");
    memcpy(whole, head, head_size);
    memcpy(whole + head_size, tail, tail_size);
    whole[head_size + tail_size] = '\0';
    return whole;
}

char *any_bytes(size_t size)
{
    static const char special[] = "100%% \xff\x80\r\ta\0b";
    char *bytes = (char *)random_bytes(size);
    for (size_t i = 0; i < size; i++)
        if (bytes[i] == '\n' || bytes[i] == '%')
            bytes[i] = '\v';
    if (size)
        bytes[size - 1] = '\r';
    memcpy(bytes, special, size < sizeof special ? size : sizeof special);
    return bytes;
}

/* ---- For make compare ---------------------------------------------------- */

void (*const suite_canonical)(char *text) = NULL;

const struct pairing suite_pairings[] = {
    {.server_ends = true,
     .title = "a line of words",
     .input = "The quick brown fox 0123\n"},
    {.server_ends = true, .title = "an empty line", .input = "\n"},
    {.server_ends = true, .title = "no input at all", .input = ""},
    {.server_ends = true,
     .title = "a line without its newline",
     .input = "no newline"},
    {.server_ends = true,
     .title = "two lines, one of them sent",
     .input = "one\ntwo\n"},
    {.server_ends = true,
     .title = "letters outside ASCII",
     .input = "cora\xc3\xa7\xc3\xa3o\n"},
    {.server_ends = true,
     .title = "control characters",
     .input = "a\tb\x01\x7f\r\n"},
    {.server_ends = true,
     .title = "the longest message",
     .input = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
              "\n"},
    {.server_ends = true,
     .title = "a line longer than that",
     .input = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
              "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
              "and more\n"},
    {0}};
