/* The tests of thread_server: those of servers.h, in its words. */
#define SERVER "thread"
#define HAS_THREADS 1
#define HINT_SILENT                                                            \
    "After accept call pthread_create, and go on to the next accept. Never "   \
    "join a thread where that could take long."
#define HINT_NEVER_READS                                                       \
    "The thread of that client waits in send, and may. It must hold no lock "  \
    "meanwhile that another thread needs."
#define HINT_ENDED                                                             \
    "A thread returns from its function when its client has ended: at the "    \
    "end of the stream, and after an error."
#define HINT_ENDS                                                              \
    "A thread's end closes nothing: close the descriptor yourself, at the "    \
    "end of the thread's function."
#define HINT_NO_LEAK                                                           \
    "Each thread closes its client's descriptor. And a thread is detached, "   \
    "or somebody joins it: else its stack stays."
#define HINT_SIGTERM                                                           \
    "Block SIGTERM before you start threads, which inherit that, and let "     \
    "ppoll unblock it while the first thread waits for a client. At the end "  \
    "return 0 from main."
#define HINT_SIGTERM_ALL                                                       \
    "Do not join threads that wait for a client. The end of the process is "   \
    "the end of all its threads: return 0 from main, or exit(0)."
#define SECTION "A thread for each client"
#define SECTION_ENDED "Threads that have ended"
#include "servers.h"
