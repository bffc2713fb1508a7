/* tcp_interface.h: what the TCP server and the TCP client of this lab share.
 *
 * The library does what is the same in every program: it listens and accepts,
 * or connects; it receives, sends and closes. What is said, and what it means,
 * is its caller's: three functions that the library calls when their time has
 * come. Each may be NULL: then it is not called.
 *
 * The names are those of a published article, so that its readers feel at
 * home; is_complete and timeout_ms are this lab's own.
 */
#ifndef TCP_INTERFACE_H
#define TCP_INTERFACE_H

/* All sizes are in bytes. `buffer` is the one that the caller handed in; it is
 * the caller's, before and after. What is in it is bytes, no string: any value
 * may be among them, and no NUL is put behind them. `user_data` is the `data`
 * that was given to TCP_Server_Exec or TCP_Client_Connect, as it is.
 *
 * on_send and on_receive return 0 to go on. Any other value ends the exchange,
 * and TCP_Server_Exec or TCP_Client_Connect returns false. */
typedef struct {
    /* What is to be sent? On entry *size is how much room the buffer has. Put
     * the bytes there, and their number into *size: 0 sends nothing, and is no
     * error; a negative one sends nothing, and the exchange has failed; of one
     * beyond the room no more than the room is sent. */
    int (*on_send)(char *buffer, int *size, void *user_data);

    /* The first `size` bytes of the buffer have come. The size is never
     * negative: where receiving failed there is no call. It is 0 where a client
     * ended without having said anything. */
    int (*on_receive)(char *buffer, int size, void *user_data);

    /* A question: are the first `size` bytes of the buffer, all that has come
     * so far, a whole message? Non-zero: yes. 0: receive more, and ask again.
     * Without it whatever one recv(2) returns is taken for the message. */
    int (*is_complete)(const char *buffer, int size, void *user_data);
} TCP_Callback_t;

#endif
