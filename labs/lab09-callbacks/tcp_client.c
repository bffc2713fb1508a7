/*
 * tcp_client.c - asks a server whatever its caller wants to know
 *
 * `make lab09` links it with a main of the kit, which you can run yourself:
 *
 *     build/labs/lab09-callbacks/tcp_client localhost 5555 say=hello
 *
 * Yours to write. tcp_client.h says what the function does; the numbers below
 * are an order in which to write it. Run `make lab09` after each. The first
 * test to make pass is tcp_client.connects: it does after TODO 2.
 *
 * Lab 10 links this file together with tcp_server.c: whatever you add here is
 * static, or the two may not fit.
 */
#include "tcp_client.h"

#include "net.h" /* what earlier labs taught: net_connect, net_wait, ... */

bool TCP_Client_Connect(TCP_Client_t *client, void *data)
{
    (void)client; /* keeps the compiler quiet: goes as you write */
    (void)data;
    /* TODO 1: what can be wrong with what you are given? Before any call.
       TODO 2: a connection: net_connect. If there is none, what may still be
               called? From here on every way out passes close.
       TODO 3: if there is an on_send: call it, and send what it says.
       TODO 4: if there is an on_receive: receive, and call it. What if the
               stream ends first?
       TODO 5: is_complete, as in the server.
       TODO 6: the end: shutdown(2), close(2). What does client->socket hold
               when the caller has it back?
       TODO 7: timeout_ms, as in the server: one deadline from TODO 3 on. */
    return false;
}
