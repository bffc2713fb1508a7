/* compare.c: the C programs beside the Python peers.
 *
 * Each input is run with the server and the client in C and in Python, in all
 * four pairings, each in an arena of its own; what the two programs printed and
 * how the client ended must be the same. The pairing of the two peers is the
 * reference. A peer is part of the kit and trusted, so it needs no cell.
 */
#include "inside.h"
#include "result.h"
#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

enum { PAIRINGS = 4, RECORD_SIZE = 1 << 20 };

/* What one pairing did, in memory that the test process shares with us. */
struct record {
    bool complete;
    size_t size;
    char text[RECORD_SIZE];
};

struct combination {
    const struct pairing *input;
    bool server_in_c, client_in_c;
    struct record *record;
};

static const char *peers_folder;

static const char *const *peer_command(const char *program)
{
    const char **command = need(calloc(3, sizeof *command));
    command[0] = "/usr/bin/python3";
    command[1] = format("%s/peer_%s.py", peers_folder, program);
    return command;
}

static void add_argument(struct launch *launch, const char *argument)
{
    int count = 0;
    while (launch->args[count])
        count++;
    launch->args[count] = argument;
}

static bool names_port(const char *const *args)
{
    for (int i = 0; i < 6 && args[i]; i++)
        if (strcmp(args[i], "PORT") == 0)
            return true;
    return false;
}

void pairing_peers(const char *folder)
{
    peers_folder = need(realpath(folder, NULL));
}

struct launch pairing_launch(const struct pairing *input, bool server,
                             bool in_c, const char *port)
{
    const char *const *args = server ? input->server_args : input->client_args;
    const char *name = server ? input->server : input->client;
    struct launch launch = {.input =
                                server ? input->server_input : input->input};
    launch.name = name ? name : server ? "server" : "client";
    launch.peer = in_c ? NULL : peer_command(launch.name);
    launch.shared = input->shared;
    memcpy(launch.env, input->env, sizeof input->env);
    if (input->default_port)
        return launch;
    if (server && !*args)
        add_argument(&launch, port);
    if (!server && !input->alone && !names_port(args)) {
        add_argument(&launch, "localhost");
        add_argument(&launch, port);
    }
    for (int i = 0; i < 6 && args[i]; i++)
        add_argument(&launch, strcmp(args[i], "PORT") == 0 ? port : args[i]);
    return launch;
}

static void keep(struct record *record, const char *title, const char *text,
                 size_t size)
{
    int room = RECORD_SIZE - (int)record->size;
    int length = snprintf(record->text + record->size, room, "%s", title);
    if (length < 0 || (size_t)length + size >= (size_t)room)
        broken("more output than a comparison keeps");
    memcpy(record->text + record->size + length, text, size);
    record->size += length + size;
}

static void run_combination(void)
{
    const struct combination *c = this_test->data;
    const struct pairing *input = c->input;
    uint16_t port = input->default_port ? input->default_port : random_port();
    char *number = format("%u", port);
    struct program *server = NULL;
    size_t size;

    if (!input->alone) {
        struct launch launch =
            pairing_launch(input, true, c->server_in_c, number);
        server = start_program(&launch);
        wait_listening(server, port);
    }
    struct launch launch = pairing_launch(input, false, c->client_in_c, number);
    struct program *one = start_program(&launch);
    if (input->drive)
        input->drive(server, one);
    int status = wait_exit(one);
    if (input->server_ends)
        wait_exit(server);
    const char *text = output_of(one, &size);
    keep(c->record, "client's stdout: ", text, size);
    text = server ? output_of(server, &size) : "";
    keep(c->record, "\nserver's stdout: ", text, server ? size : 0);
    if (input->drive) {
        text = errors_of(server, &size);
        keep(c->record, "\nserver's stderr: ", text, size);
    } else {
        keep(c->record, format("\nclient's exit status: %d\n", status), "", 0);
    }
    c->record->complete = true;
}

/* ---- The table ---- */

static struct record *new_record(void)
{
    struct record *record = mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (record == MAP_FAILED)
        broken("mmap: %s", strerror(errno));
    return record;
}

/* Python with Python last: the reference. */
static struct combination *make_combinations(int count)
{
    struct combination *all = need(calloc(count * PAIRINGS, sizeof *all));
    for (int i = 0; i < count * PAIRINGS; i++)
        all[i] =
            (struct combination){&suite_pairings[i / PAIRINGS],
                                 i % PAIRINGS < 2, i % 2 == 0, new_record()};
    return all;
}

static const struct test **make_tests(struct combination *all, int count)
{
    const struct test **tests = need(calloc(count, sizeof *tests));
    for (int i = 0; i < count; i++) {
        struct test *test = need(calloc(1, sizeof *test));
        *test = (struct test){.id = format("compare.%d", i / PAIRINGS + 1),
                              .title = all[i].input->title,
                              .arena = true,
                              .run = run_combination,
                              .data = &all[i]};
        tests[i] = test;
    }
    return tests;
}

static bool equal(const struct record *a, const struct record *b)
{
    return a->complete && b->complete && a->size == b->size &&
           memcmp(a->text, b->text, a->size) == 0;
}

static const char *language(bool c)
{
    return c ? "C" : "Python";
}

static void print_row(const struct combination *row)
{
    printf("  %-30s", row->input->title);
    for (int i = 0; i < PAIRINGS; i++) {
        const struct record *record = row[i].record;
        const struct record *reference = row[PAIRINGS - 1].record;
        bool again = row->input->alone && row[i].server_in_c;
        printf("  %-10s", again                      ? "-"
                          : !record->complete        ? "failed"
                          : equal(record, reference) ? "equal"
                                                     : "DIFFERENT");
    }
    putchar('\n');
}

/* It is no test of the lab: this runs it again, and shows it. */
static const char *trace_of(const struct combination *one)
{
    return format("make trace LAB=%.2s PAIR=%d%s%s", suite_lab + strlen("lab"),
                  (int)(one->input - suite_pairings) + 1,
                  one->server_in_c ? "" : " SERVER=python",
                  one->client_in_c ? "" : " CLIENT=python");
}

static void explain(const struct combination *one, const struct record *due,
                    json_t *test)
{
    const struct record *record = one->record;
    printf("\n%s, server in %s, client in %s:\n", one->input->title,
           language(one->server_in_c), language(one->client_in_c));
    if (!record->complete) {
        json_object_set_new(test, "replay", json_string(trace_of(one)));
        terminal_print_test(stdout, test, terminal_has_colour(stdout));
        return;
    }
    size_t same =
        common_prefix(record->text, record->size, due->text, due->size);
    printf("  they part at byte %s\n    Python  %s\n    here    %s\n",
           show_count(same + 1), show_bytes(due->text, due->size, same),
           show_bytes(record->text, record->size, same));
    printf("    see     %s\n", trace_of(one));
}

int compare_with_peers(const char *peers, uint64_t seed, int jobs)
{
    int inputs = 0, different = 0;
    while (suite_pairings[inputs].title)
        inputs++;
    pairing_peers(peers);
    struct combination *all = make_combinations(inputs);
    int count = inputs * PAIRINGS;
    struct run run = {.tests = make_tests(all, count),
                      .count = count,
                      .jobs = jobs,
                      .seed = seed,
                      .who = "compare",
                      .lab = suite_lab,
                      .kit_version = "",
                      .partial = true};
    json_t *document = run_tests(&run);

    printf("%s: C and Python in all pairings, on the same inputs\n\n"
           "  %-30s  %-10s  %-10s  %-10s  %-10s\n"
           "  %-30s  %-10s  %-10s  %-10s  %-10s\n",
           suite_lab, "server", "C", "C", "Python", "Python", "client", "C",
           "Python", "C", "Python");
    for (int i = 0; suite_canonical && i < count; i++) {
        suite_canonical(all[i].record->text);
        all[i].record->size = strlen(all[i].record->text);
    }
    for (int i = 0; i < inputs; i++)
        print_row(&all[i * PAIRINGS]);
    for (int i = 0; i < count; i++) {
        const struct record *due =
            all[i / PAIRINGS * PAIRINGS + PAIRINGS - 1].record;
        if (equal(all[i].record, due))
            continue;
        different++;
        explain(&all[i], due,
                json_array_get(json_object_get(document, "tests"), i));
    }
    if (different)
        printf("\n%d of %d pairings differ from the Python peers.\n", different,
               count);
    else
        printf("\nAll %d pairings agree.\n", count);
    return different ? 1 : 0;
}
