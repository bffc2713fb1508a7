/* drive_tcp_client.c: the main that a student's tcp_client.c is linked with.
 *
 *     tcp_client HOST PORT [KEY=VALUE...]
 *
 * By default it makes one call, sends "hello", and prints the answer. The keys
 * are those of struct plan in drive.h. It ends with status 0 if the last call
 * returned true, else 1.
 */
#include "drive.h"
#include "tcp_client.h"

static bool call(TCP_Client_t *client)
{
    int before = count_descriptors();
    bool result =
        TCP_Client_Connect(is_missing("client") ? NULL : client, &plan);

    tell_result("connect", result);
    check_after(before);
    return result;
}

int main(int argc, char **argv)
{
    const struct plan defaults = {.mark = "",
                                  .size = 1024,
                                  .calls = 1,
                                  .yes = 1,
                                  .say = "hello",
                                  .receive = "0",
                                  .send = "0"};
    bool result = false;

    if (argc < 3 || !make_plan(argv + 3, &defaults)) {
        fprintf(stderr, "usage: tcp_client HOST PORT [KEY=VALUE...]\n");
        return 2;
    }
    TCP_Client_t client = {.socket = -1,
                           .hostname = is_missing("host") ? NULL : argv[1],
                           .port = atoi(argv[2]),
                           .buffer = is_missing("buffer") ? NULL : plan.buffer,
                           .buffer_size = (size_t)plan.size,
                           .cb = callbacks(),
                           .timeout_ms = plan.timeout_ms};
    for (int done = 0; done < plan.calls; done++)
        result = call(&client);
    return result ? 0 : 1;
}
