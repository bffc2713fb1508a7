/* common.c: what the files of this suite share. */
#include "nc.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pair connect_nc(enum role role, const struct launch *more)
{
    struct launch launch = more ? *more : (struct launch){.name = "nc"};
    uint16_t port = random_port();
    char *number = format("%u", port);
    const char *const args[][3] = {[CLIENT] = {"127.0.0.1", number},
                                   [SERVER] = {"-l", number},
                                   [UNIX_CLIENT] = {"-U", "peer.sock"},
                                   [UNIX_SERVER] = {"-lU", "nc.sock"}};
    struct listener *listener = NULL;
    struct pair pair = {.port = port};

    launch.name = "nc";
    memcpy(launch.args, args[role], sizeof args[role]);
    launch.open_stdin = true;
    launch.shared = role == UNIX_CLIENT || role == UNIX_SERVER;
    if (role == CLIENT)
        listener = listen_here("127.0.0.1", port);
    if (role == UNIX_CLIENT)
        listener = listen_path("peer.sock");
    pair.nc = start_program(&launch);
    if (listener) {
        pair.peer = accept_here(listener, pair.nc);
        stop_listening(listener);
    } else if (role == SERVER) {
        wait_listening(pair.nc, port);
        pair.peer = dial(pair.nc, port);
    } else {
        wait_listening_path(pair.nc, "nc.sock");
        pair.peer = dial_path(pair.nc, "nc.sock");
    }
    return pair;
}

void have_a_word(struct pair pair)
{
    char *word = random_word(10), *answer = random_word(12);
    give_input(pair.nc, word, 10);
    expect_bytes(pair.peer, word, 10);
    say(pair.peer, answer, 12);
    wait_output(pair.nc, answer, 12);
}

void end_both(struct pair pair)
{
    half_close(pair.peer);
    end_input(pair.nc);
    let_work(pair.nc);
}

const char *const *real_netcat(void)
{
    static const char *const places[] = {"/usr/bin/nc.openbsd",
                                         "/bin/nc.openbsd"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], X_OK) == 0) {
            const char **command = calloc(2, sizeof *command);
            if (!command)
                broken("out of memory");
            command[0] = places[i];
            return command;
        }
    skip_test("It needs the package netcat-openbsd: make setup installs it.");
}

char *much(size_t size)
{
    size_t words = size / sizeof(uint64_t) + 1;
    uint64_t *data = malloc(words * sizeof *data);
    if (!data)
        broken("out of memory");
    for (size_t i = 0; i < words; i++)
        data[i] = (random_u64() & 0x3f3f3f3f3f3f3f3f) + 0x2121212121212121;
    return (char *)data;
}

void expect_said(struct program *nc, const char *pattern, const char *words)
{
    size_t size;
    regex_t expression;
    const char *errors = errors_of(nc, &size);
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB))
        broken("bad pattern %s", pattern);
    bool said = regexec(&expression, errors, 0, NULL, 0) == 0;
    regfree(&expression);
    if (said)
        return;
    size_t printed;
    const char *output = output_of(nc, &printed);
    struct verdict shown = {
        .expected = format("on stderr, a line \"%s\"", words),
        .received = format("stderr %s", show_bytes(errors, size, 0))};
    if (strstr(output, format("%.8s", words)))
        fail_test(&shown,
                  "nc says it on stdout, where only data belongs. That is for "
                  "stderr.");
    fail_test(&shown, size ? "No line that nc says on stderr is this one."
                           : "nc says nothing on stderr.");
}
