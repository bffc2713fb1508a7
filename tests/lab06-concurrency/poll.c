/* The tests of poll_server: those of servers.h, in its words. */
#define SERVER "poll"
#define HAS_ONE_LOOP 1
#define HINT_SILENT                                                            \
    "One poll for the listener and all clients, and recv only from those "     \
    "that it names, one call each turn. The array must have room for them."
#define HINT_NEVER_READS                                                       \
    "send with MSG_DONTWAIT. On EAGAIN keep what is left, ask poll for "       \
    "POLLOUT, and read no more from this client until it has gone."
#define HINT_ENDED                                                             \
    "recv returned 0, or an error: close the descriptor and take its entry "   \
    "out of poll's array, in the same turn."
#define HINT_ENDS HINT_ENDED
#define HINT_NO_LEAK HINT_ENDED
#define HINT_SIGTERM                                                           \
    "Block SIGTERM, and let ppoll unblock it while it waits: then the signal " \
    "can not fall between the look at your flag and the wait. At the end "     \
    "return 0 from main."
#define HINT_SIGTERM_ALL                                                       \
    "No call but ppoll may wait, so the loop sees its flag at once. The end "  \
    "of the process closes all connections."
#define SECTION "One loop for all clients"
#define SECTION_ENDED "Connections that have ended"
#include "servers.h"
