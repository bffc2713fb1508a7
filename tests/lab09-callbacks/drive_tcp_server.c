/* drive_tcp_server.c: the main that a student's tcp_server.c is linked with.
 *
 *     tcp_server PORT [KEY=VALUE...]
 *
 * By default it serves without end, and answers with what it was sent,
 * backwards. The keys are those of struct plan in drive.h.
 */
#include "drive.h"
#include "tcp_server.h"

static int serve(TCP_Server_t *server)
{
    for (int done = 0; plan.calls == 0 || done < plan.calls; done++) {
        int before = count_descriptors();
        plan.heard_size = 0;
        tell_result("exec", TCP_Server_Exec(server, &plan));
        check_after(before);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct plan defaults = {
        .mark = "", .size = 1024, .yes = 1, .receive = "0", .send = "0"};

    if (argc < 2 || !make_plan(argv + 2, &defaults)) {
        fprintf(stderr, "usage: tcp_server PORT [KEY=VALUE...]\n");
        return 2;
    }
    TCP_Server_t server = {.socket = -1,
                           .port = atoi(argv[1]),
                           .buffer = is_missing("buffer") ? NULL : plan.buffer,
                           .buffer_size = plan.size,
                           .cb = callbacks(),
                           .timeout_ms = plan.timeout_ms};
    int before = count_descriptors();
    if (!TCP_Server_Init(is_missing("server") ? NULL : &server)) {
        tell_result("init", false);
        fprintf(stderr, "tcp_server: TCP_Server_Init returned false\n");
        check_after(before);
        return 1;
    }
    printf("listening on port %d\n", server.port);
    return serve(&server);
}
