/* talk_main.c: runs random conversations with a lab's programs.
 *
 *     talk --programs DIR --lab NN [--seed N] [--runs N] [--jobs N]
 *
 * Conversation number N is the same each time. Numbers from the seed on; the
 * lab's talks take turns. Exit status: 0 all went well, 1 not, 3 a grader that
 * is broken.
 */
#include "talk.h"

#include "result.h"
#include "runner.h"

#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

enum { BATCH = 60 };

struct order {
    const struct talk *talk;
    unsigned number;
};

static struct options {
    const char *programs, *lab;
    unsigned seed, runs, jobs;
} options = {.programs = ".", .lab = "00", .seed = 1, .runs = 20};

static void hold_talk(void)
{
    const struct order *order = this_test->data;
    random_start(order->number, order->talk->program);
    order->talk->run(order->talk);
}

static int count_talks(void)
{
    int count = 0;
    while (talks[count].program)
        count++;
    return count;
}

static unsigned take_number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value > INT32_MAX) {
        fprintf(stderr, "talk: \"%s\" is no number from 0 to 2147483647\n",
                text);
        exit(2);
    }
    return value;
}

static void read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"programs", required_argument, 0, 'p'},
        {"lab", required_argument, 0, 'l'},
        {"seed", required_argument, 0, 's'},
        {"runs", required_argument, 0, 'r'},
        {"jobs", required_argument, 0, 'j'},
        {0}};
    int c;
    options.jobs = 2 * (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'p')
            options.programs = optarg;
        else if (c == 'l')
            options.lab = optarg;
        else if (c == 's')
            options.seed = take_number(optarg);
        else if (c == 'r')
            options.runs = take_number(optarg);
        else if (c == 'j')
            options.jobs = take_number(optarg);
        else
            exit(2);
    }
}

/* Shows a conversation that went wrong, and the command that holds it again. */
static bool went_well(json_t *test, const struct order *order)
{
    const char *status = json_string_value(json_object_get(test, "status"));
    if (status && strcmp(status, "passed") == 0)
        return true;
    json_object_set_new(test, "replay",
                        json_string(format("make fuzz LAB=%s SEED=%u RUNS=1",
                                           options.lab, order->number)));
    terminal_print_test(stdout, test, terminal_has_colour(stdout));
    return false;
}

/* Conversations from `number` on; how many went wrong. */
static int run_batch(unsigned number, int count, int kinds)
{
    struct test tests[BATCH];
    struct order orders[BATCH];
    const struct test *list[BATCH];
    int failed = 0;
    for (int i = 0; i < count; i++) {
        orders[i].number = number + i;
        orders[i].talk = &talks[orders[i].number % kinds];
        tests[i] = (struct test){
            .id = orders[i].talk->program,
            .title = format("Random conversation %u", orders[i].number),
            .arena = true,
            .run = hold_talk,
            .data = &orders[i]};
        list[i] = &tests[i];
    }
    struct run run = {.tests = list,
                      .count = count,
                      .jobs = (int)options.jobs,
                      .who = "fuzz",
                      .lab = suite_lab,
                      .kit_version = "",
                      .partial = true};
    json_t *document = run_tests(&run), *all;
    all = json_object_get(document, "tests");
    for (int i = 0; i < count; i++)
        failed += !went_well(json_array_get(all, i), &orders[i]);
    json_decref(document);
    return failed;
}

int main(int argc, char **argv)
{
    const char *why_not;
    unsigned done = 0, failed = 0;
    int kinds = count_talks();

    if (kinds == 0)
        broken("%s has no talks", suite_lab);
    read_options(argc, argv);
    config = (struct config){.programs = options.programs,
                             .tools = dirname(own_folder()),
                             .lab = suite_lab,
                             .seed = options.seed};
    isolation_set(isolation_probe(&why_not));
    if (isolation_now() == ISOLATION_NONE) {
        fprintf(stderr, "No isolation on this machine: %s.\n", why_not);
        return 3;
    }
    while (done < options.runs) {
        unsigned left = options.runs - done;
        int count = left < BATCH ? (int)left : BATCH;
        failed += run_batch(options.seed + done, count, kinds);
        done += count;
    }
    printf("%s: %u random conversations from number %u on, %u went wrong\n",
           suite_lab, done, options.seed, failed);
    return failed > 0;
}
