/*
 * tcp_server.c - a server for whatever its caller has to say
 *
 * `make lab09` links it with a main of the kit, which you can run yourself:
 *
 *     build/labs/lab09-callbacks/tcp_server 5555
 *
 * Yours to write. tcp_server.h says what the two functions do; the numbers
 * below are an order in which to write them. Run `make lab09` after each. The
 * first test to make pass is tcp_server.listens: it does after TODO 2.
 *
 * Lab 10 links this file together with tcp_client.c: whatever you add here is
 * static, or the two may not fit.
 */
#include "tcp_server.h"

#include "net.h" /* what earlier labs taught: net_listen, net_accept, ... */

bool TCP_Server_Init(TCP_Server_t *server)
{
    (void)server; /* keeps the compiler quiet: goes as you write */
    /* TODO 1: what can be wrong with what you are given? Before any call.
       TODO 2: a socket that listens: net_listen. Where does it belong?
       TODO 3: port 0: which one is it now? net_bound_port */
    return false;
}

bool TCP_Server_Exec(TCP_Server_t *server, void *data)
{
    (void)server;
    (void)data;
    /* TODO 4: the next client: net_accept. From here on every way out passes
               its close.
       TODO 5: receive once, into server->buffer. recv(2): more than 0, 0 or -1:
               what does each mean here?
       TODO 6: if there is an on_receive: call it. What may it return?
       TODO 7: if there is an on_send: call it. What may it say in *size? Then
               send that, all of it. send(2)
       TODO 8: the end: the client must get all of it, even if it sent more
               than you read. net_close_gracefully; shutdown(2)
       TODO 9: is_complete: when is it asked, about which bytes, and when is
               there no point in asking?
       TODO 10: timeout_ms: one deadline for TODO 5 to 9. net_now_ms, net_wait.
                Which calls can wait, and what must they do instead? */
    return false;
}
