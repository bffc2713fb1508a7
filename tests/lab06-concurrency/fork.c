/* The tests of fork_server: those of servers.h, in its words. */
#define SERVER "fork"
#define HINT_SILENT                                                            \
    "After accept call fork. In the child: serve, then _exit; in the parent: " \
    "close the client's descriptor and accept the next. Never wait for a "     \
    "child that still serves: waitpid wants WNOHANG."
#define HINT_NEVER_READS                                                       \
    "The child of that client waits in send, and may. Nothing that the "       \
    "parent does may wait for it."
#define HINT_ENDED                                                             \
    "Signals do not queue: one SIGCHLD may stand for many children. So: "      \
    "while (waitpid(-1, NULL, WNOHANG) > 0), as soon as the signal comes, "    \
    "and not only after the next accept."
#define HINT_ENDS                                                              \
    "The parent closes its copy of the client's descriptor right after fork: " \
    "a connection ends when the last copy is closed."
#define HINT_NO_LEAK                                                           \
    "The parent closes each client's descriptor after fork; the child ends "   \
    "when its client has ended; the parent reaps it."
#define HINT_SIGTERM                                                           \
    "Block SIGTERM and SIGCHLD, and let ppoll unblock them while it waits "    \
    "for a client: then the signal can not fall between the look at your "     \
    "flag and the wait. At the end return 0 from main."
#define HINT_SIGTERM_ALL                                                       \
    "Keep the children's process ids. At SIGTERM kill each of them, wait "     \
    "until all are reaped, exit(0). In the child SIGTERM gets its default "    \
    "action again: signal(SIGTERM, SIG_DFL)."
#define SECTION "A process for each client"
#define SECTION_ENDED "Children that have ended"
#include "servers.h"
