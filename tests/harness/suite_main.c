/* suite_main.c: the command line of a lab's suite.
 *
 *     suite [--programs DIR] [--out FILE] [--who NAME] [--test ID] [--seed N]
 *           [--jobs N] [--kit-version TEXT] [--quiet] [--list]
 *           [--isolated] [--compare FOLDER OF THE PYTHON PEERS]
 *
 * --trace FOLDER records one test, or with --peers one pairing of the lab's
 * programs: --pair N, --server python, --client python, --delay 20ms,
 * --loss 4,7, --rcvbuf N (trace_options.c). Exit status: 0 recorded, 3 not.
 *
 * --library FOLDER: what the programs are linked with, labs/ or solutions/ of
 * an earlier lab.
 * --record DIR leaves each test's whole conversation there.
 * --watched starts builds for ThreadSanitizer, where there are such.
 * --changed NAME,NAME leaves out the tests of all other programs; --only ID,ID
 * all other tests.
 * With --isolated it refuses to run where there are no cells.
 *
 * Exit status: 0 full points, 1 fewer, 2 a wrong argument, 3 a broken grader.
 */
#include "inside.h"
#include "result.h"
#include "runner.h"
#include "trace.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

struct options {
    const char *programs, *out, *who, *test, *kit_version, *peers, *record;
    const char *changed, *only, *library;
    struct trace_words trace;
    uint64_t seed;
    int jobs;
    bool list, quiet, isolated, watched;
};

static _Noreturn void usage_error(const char *about)
{
    fprintf(
        stderr,
        "suite: %s\nusage: suite [--programs DIR] [--out FILE] [--who "
        "NAME] [--test ID]\n             [--seed N] [--jobs N] "
        "[--kit-version TEXT] [--quiet] [--list]\n             [--isolated] "
        "[--compare PEERS] [--record DIR] [--changed NAMES] [--only IDS]\n"
        "             [--trace DIR]\n",
        about);
    exit(2);
}

static uint64_t fresh_seed(void)
{
    uint32_t seed;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        broken("getrandom: %s", strerror(errno));
    return seed % 1000000; /* short enough to type */
}

static const struct option known[] = {
    {"programs", required_argument, 0, 'p'},
    {"out", required_argument, 0, 'o'},
    {"who", required_argument, 0, 'w'},
    {"test", required_argument, 0, 't'},
    {"seed", required_argument, 0, 's'},
    {"jobs", required_argument, 0, 'j'},
    {"kit-version", required_argument, 0, 'k'},
    {"compare", required_argument, 0, 'c'},
    {"record", required_argument, 0, 'r'},
    {"changed", required_argument, 0, 'g'},
    {"only", required_argument, 0, 'y'},
    {"library", required_argument, 0, 'b'},
    {"trace", required_argument, 0, 'T'},
    {"peers", required_argument, 0, 'E'},
    {"pair", required_argument, 0, 'P'},
    {"server", required_argument, 0, 'S'},
    {"client", required_argument, 0, 'C'},
    {"delay", required_argument, 0, 'D'},
    {"loss", required_argument, 0, 'L'},
    {"rcvbuf", required_argument, 0, 'R'},
    {"list", no_argument, 0, 'l'},
    {"isolated", no_argument, 0, 'i'},
    {"quiet", no_argument, 0, 'q'},
    {"watched", no_argument, 0, 'x'},
    {0}};

static struct options read_options(int argc, char **argv)
{
    /* Tests mostly wait for their programs, so more of them than processors
     * are kept going. */
    struct options o = {.programs = ".",
                        .who = "labs",
                        .kit_version = "unknown",
                        .seed = fresh_seed(),
                        .jobs = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN)};
    const char **texts['~'] = {['p'] = &o.programs,     ['o'] = &o.out,
                               ['w'] = &o.who,          ['t'] = &o.test,
                               ['k'] = &o.kit_version,  ['c'] = &o.peers,
                               ['r'] = &o.record,       ['g'] = &o.changed,
                               ['y'] = &o.only,         ['b'] = &o.library,
                               ['T'] = &o.trace.folder, ['P'] = &o.trace.pair,
                               ['S'] = &o.trace.server, ['C'] = &o.trace.client,
                               ['D'] = &o.trace.delay,  ['L'] = &o.trace.loss,
                               ['R'] = &o.trace.rcvbuf, ['E'] = &o.trace.peers};
    bool *flags['~'] = {['l'] = &o.list,
                        ['i'] = &o.isolated,
                        ['q'] = &o.quiet,
                        ['x'] = &o.watched};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (texts[c])
            *texts[c] = optarg;
        else if (flags[c])
            *flags[c] = true;
        else if (c == 's')
            o.seed = number_in("SEED", optarg, 0, INT32_MAX);
        else if (c == 'j')
            o.jobs = (int)number_in("JOBS", optarg, 1, 256);
        else
            usage_error("unknown option");
    }
    if (optind < argc)
        usage_error(format("unexpected argument \"%s\"", argv[optind]));
    return o;
}

/* Tools lie beside the suites, in the folder above. */
static const char *tools_folder(void)
{
    return dirname(own_folder());
}

static const struct test **select_test(const struct test **tests, int *count,
                                       const char *id)
{
    for (int i = 0; i < *count; i++)
        if (strcmp(tests[i]->id, id) == 0) {
            tests[0] = tests[i];
            *count = 1;
            return tests;
        }
    struct buffer ids = {0};
    for (int i = 0; i < *count; i++)
        buffer_text(&ids, format("  %s\n", tests[i]->id));
    fprintf(stderr, "There is no test \"%s\" in %s. Its tests:\n%s", id,
            suite_lab, ids.data);
    exit(2);
}

static bool is_named(const char *names, const char *id,
                     bool (*fits)(const char *id, const char *name))
{
    bool named = false;
    char *list = format("%s", names);
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ","))
        named |= fits(id, name);
    return named;
}

static bool is_test(const char *id, const char *name)
{
    return strcmp(id, name) == 0;
}

/* The tests of changed programs, and those that belong to none; and of them
 * only those that are named. */
static int select_named(const struct test **tests, int count,
                        const char *changed, const char *only)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const char *id = tests[i]->id;
        if ((!changed || !belongs_to_program(id) ||
             is_named(changed, id, is_test_of)) &&
            (!only || is_named(only, id, is_test)))
            tests[kept++] = tests[i];
    }
    return kept;
}

/* What this machine gives. False where that is not enough. */
static bool choose_isolation(bool required)
{
    const char *why_not;
    enum isolation isolation = isolation_probe(&why_not);
    isolation_set(isolation);
    if (isolation != ISOLATION_NONE)
        return true;
    fprintf(stderr, "No isolation on this machine: %s.\n", why_not);
    if (required)
        fputs(
            "A program could forge its own grade, so nothing is graded. make "
            "doctor says what to\ndo; ALLOW_UNSAFE=1 grades all the same, and "
            "says so in each report.\n",
            stderr);
    else
        fputs("Programs run as plain processes. make doctor says what to do "
              "about it.\n",
              stderr);
    return !required;
}

/* Writes and shows it. Returns the exit status. */
static int tell(json_t *document, const struct options *o)
{
    bool colour = terminal_has_colour(stdout);
    int status = document_status(document);
    if (o->out && !document_write(document, o->out))
        status = 3;
    if (!o->quiet && o->test)
        terminal_print_test(
            stdout, json_array_get(json_object_get(document, "tests"), 0),
            colour);
    else if (!o->quiet)
        terminal_print(stdout, document, colour);
    return status;
}

int main(int argc, char **argv)
{
    struct options o = read_options(argc, argv);
    int count;
    const struct test **tests = declared_tests(&count);
    int hidden_points = check_hidden(tests, count);

    if (o.test)
        tests = select_test(tests, &count, o.test);
    o.trace.test = o.test;
    if (o.trace.folder)
        trace_read_options(&o.trace);
    if (o.list) {
        for (int i = 0; i < count; i++)
            printf("%s\t%d\t%s\t%s\n", tests[i]->id, tests[i]->points,
                   tests[i]->section ? tests[i]->section : "", tests[i]->title);
        return 0;
    }
    config = (struct config){.programs = o.programs,
                             .tools = tools_folder(),
                             .lab = suite_lab,
                             .seed = o.seed,
                             .watched = o.watched};
    count = select_named(tests, count, o.changed, o.only);
    if (!choose_isolation(o.isolated))
        return 3;
    record_folder = o.record;
    if (o.trace.folder && !trace_prepare())
        return 3;
    if (o.trace.folder && !o.test) {
        pairing_peers(o.trace.peers);
        return trace_finish(trace_run_pair(o.seed)) ? 0 : 3;
    }
    if (o.peers)
        return compare_with_peers(o.peers, o.seed, o.jobs);
    struct run run = {.tests = tests,
                      .count = count,
                      .jobs = o.jobs,
                      .seed = o.seed,
                      .who = o.who,
                      .lab = suite_lab,
                      .kit_version = o.kit_version,
                      .library = o.library,
                      .partial = o.test || o.changed || o.only};
    if (!run.partial)
        run.hidden_points = hidden_points;
    json_t *document = run_tests(&run);
    if (o.trace.folder)
        return trace_finish(document) ? 0 : 3;
    int status = tell(document, &o);
    json_decref(document);
    free(tests);
    return status;
}
