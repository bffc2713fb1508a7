/* runner.c: runs tests, several at once, each as a Check test in a process of
 * its own.
 *
 * Workers are forked processes that take the next test from a shared counter.
 * What a test decided comes back as Check's result in shared memory; what it
 * saw, as JSON in a file of its own (verdict.c). A test that did not come to
 * its end, or ran more than once, is a grader error, never a pass.
 */
#include "runner.h"
#include "inside.h"
#include "trace.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The last resort, for a test that hangs in itself. */
enum { TEST_TIMEOUT_S = 120, MOST_MESSAGE = 2000 };

/* In shared memory, one for each test. */
struct outcome {
    atomic_int runs, completed;
    int check_result; /* enum test_result */
    char message[MOST_MESSAGE];
};

static const struct run *current_run;
static struct outcome *outcomes;
static int *details; /* a file for each test */
static int *order;   /* in which tests begin */
static atomic_int *next_test;
static atomic_int alone;
atomic_int *tests_that_spun = &alone; /* until there is a run */

static void *shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        broken("mmap: %s", strerror(errno));
    return memory;
}

START_TEST(one_test)
{
    this_test = current_run->tests[_i];
    details_fd = details[_i];
    signal(SIGPIPE, SIG_IGN);
    now_ms();
    random_start(current_run->seed, this_test->id);
    if (this_test->arena && isolation_now() == ISOLATION_NONE)
        skip_test("It needs a private network, which this machine does not "
                  "give: make doctor says why.");
    enter_arena();
    trace_begin();
    this_test->run();
    require_faults();
    require_no_race();
    write_looks();
    trace_end();
    atomic_store(&outcomes[_i].completed, 1);
}
END_TEST

static void run_one(int index)
{
    const struct test *test = current_run->tests[index];
    struct outcome *outcome = &outcomes[index];
    Suite *suite = suite_create(current_run->lab);
    TCase *tcase = tcase_create(test->id);
    tcase_set_timeout(tcase, TEST_TIMEOUT_S);
    tcase_add_loop_test(tcase, one_test, index, index + 1);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);
    atomic_fetch_add(&outcome->runs, srunner_ntests_run(runner));
    TestResult **results = srunner_results(runner);
    if (srunner_ntests_run(runner) == 1) {
        outcome->check_result = tr_rtype(results[0]);
        snprintf(outcome->message, sizeof outcome->message, "%s",
                 tr_msg(results[0]));
    }
    free(results);
    srunner_free(runner);
}

/* What a test leaves behind, its cells on their way out, is ours to wait for:
 * when the run is over nothing of it is there any more. */
static void adopt_orphans(void)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        broken("prctl: %s", strerror(errno));
}

static void wait_for_orphans(void)
{
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
}

/* Tests that wait, because the contract says for how long, begin first, and do
 * not keep the others from a worker meanwhile. Returns how many they are. */
static int put_in_order(void)
{
    int waiting = 0, next = 0;
    order = need(calloc(current_run->count + 1, sizeof *order));
    for (int i = 0; i < current_run->count; i++)
        waiting += current_run->tests[i]->waits > 0;
    for (int i = 0, others = waiting; i < current_run->count; i++)
        order[current_run->tests[i]->waits ? next++ : others++] = i;
    return waiting;
}

static void run_all_with(int jobs)
{
    int workers = 0;
    jobs += put_in_order();
    atomic_store(next_test, 0);
    for (int i = 0; i < jobs; i++) {
        pid_t worker = fork();
        if (worker < 0 && workers == 0)
            broken("fork: %s", strerror(errno));
        if (worker == 0) {
            int index;
            adopt_orphans();
            while ((index = atomic_fetch_add(next_test, 1)) <
                   current_run->count) {
                run_one(order[index]);
                while (waitpid(-1, NULL, WNOHANG) > 0)
                    ;
            }
            wait_for_orphans();
            _exit(0);
        }
        workers += worker > 0;
    }
    while (workers > 0)
        if (wait(NULL) > 0 || errno == ECHILD)
            workers--;
}

/* ---- From outcomes to the document ---- */

static json_t *read_details(int index)
{
    json_t *found = NULL;
    if (lseek(details[index], 0, SEEK_SET) == 0)
        found = json_loadfd(details[index], 0, NULL);
    return found ? found : json_object();
}

static bool was_late(int index)
{
    json_t *found = read_details(index);
    bool late = json_is_true(json_object_get(found, "late"));
    json_decref(found);
    return late;
}

/* A deadline that passed while the machine was busy proves nothing: again,
 * alone. */
static void run_late_ones_alone(void)
{
    for (int i = 0; i < current_run->count; i++) {
        if (!was_late(i))
            continue;
        if (ftruncate(details[i], 0) < 0)
            broken("ftruncate: %s", strerror(errno));
        memset(&outcomes[i], 0, sizeof outcomes[i]);
        adopt_orphans();
        run_one(i);
        wait_for_orphans();
    }
}

static const char *status_of(int index, json_t *found)
{
    const struct outcome *outcome = &outcomes[index];
    const char *said = json_string_value(json_object_get(found, "status"));
    if (outcome->runs != 1)
        return "grader_error";
    if (said && strcmp(said, "not_run") == 0)
        return said;
    if (outcome->check_result == CK_FAILURE)
        return "failed";
    if (outcome->check_result == CK_PASS && outcome->completed == 1)
        return "passed";
    return "grader_error";
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* "send(2)" as the command that shows the page: "; man 2 send". */
static const char *manual_command(const struct test *test)
{
    char name[32], section[8];
    if (test->manual &&
        sscanf(test->manual, "%31[^(](%7[^)])", name, section) == 2)
        return format("; man %s %s", section, name);
    return "";
}

static bool is_own(const char *library)
{
    return strncmp(library, "labs/", 5) == 0;
}

static json_t *test_json(int index)
{
    const struct test *test = current_run->tests[index];
    json_t *found = read_details(index);
    const char *status = status_of(index, found);
    bool passed = strcmp(status, "passed") == 0;
    char section[512] = "", lab_number[6] = "";

    snprintf(lab_number, sizeof lab_number, "%.5s", current_run->lab);
    if (test->section)
        snprintf(section, sizeof section, "labs/%s/README.md, \"%s\"%s",
                 current_run->lab, test->section, manual_command(test));
    bool reference = current_run->library && !is_own(current_run->library);
    char *replay = format("make %s TEST=%s SEED=%llu%s", lab_number, test->id,
                          (unsigned long long)current_run->seed,
                          reference ? " LIBRARY=reference" : "");
    json_t *made = json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:s, s:s}", "id", test->id,
        "title", test->title, "status", status, "points",
        passed ? test->points : 0, "max_points", test->points, "reason",
        passed ? json_null() : json_string(outcomes[index].message), "why",
        text_or_null(test->why), "hint", text_or_null(test->hint), "section",
        section, "replay", replay);
    if (test->hidden)
        json_object_set_new(made, "hidden", json_true());
    static const char *const seen[] = {"reason",   "sent",         "expected",
                                       "received", "conversation", "program",
                                       "why",      "hint",         "section"};
    for (size_t i = 0; i < sizeof seen / sizeof *seen && !passed; i++) {
        json_t *value = json_object_get(found, seen[i]);
        if (value)
            json_object_set(made, seen[i], value);
    }
    /* Alone, and again the clock decided: who runs many may run it once more.
     */
    if (!passed && json_is_true(json_object_get(found, "late")))
        json_object_set_new(made, "late", json_true());
    free(replay);
    json_decref(found);
    return made;
}

/* Whose files of the earlier lab the programs were linked with. */
static void add_library(json_t *document, const char *library)
{
    json_object_set_new(document, "library",
                        json_string(is_own(library) ? "own" : "reference"));
    json_object_set_new(document, "library_folder", json_string(library));
}

/* What a person should look at, each sentence once, with its tests. */
static json_t *looks(void)
{
    json_t *tests_of = json_object(), *list;
    for (int i = 0; i < current_run->count; i++) {
        json_t *found = read_details(i);
        add_looks(tests_of, json_object_get(found, "look"),
                  current_run->tests[i]->id);
        json_decref(found);
    }
    list = tell_looks(tests_of);
    json_decref(tests_of);
    return list;
}

static json_t *document(void)
{
    json_t *tests = json_array();
    int score = 0, max_score = current_run->hidden_points;
    bool broken_grader = false;

    for (int i = 0; i < current_run->count; i++) {
        json_t *test = test_json(i);
        score += (int)json_integer_value(json_object_get(test, "points"));
        max_score +=
            (int)json_integer_value(json_object_get(test, "max_points"));
        broken_grader |=
            strcmp(json_string_value(json_object_get(test, "status")),
                   "grader_error") == 0;
        json_array_append_new(tests, test);
    }
    return json_pack(
        "{s:i, s:s, s:s, s:o, s:i, s:I, s:s, s:s, s:b, s:o, s:o}", "schema", 1,
        "who", current_run->who, "lab", current_run->lab, "score",
        broken_grader ? json_null() : json_integer(score), "max_score",
        max_score, "seed", (json_int_t)current_run->seed, "isolation",
        isolation_name(), "kit_version", current_run->kit_version, "partial",
        current_run->partial, "look", looks(), "tests", tests);
}

json_t *run_tests(const struct run *run)
{
    /* Check reads settings from the environment that would change a verdict. */
    static const char *const settings[] = {"CK_FORK",
                                           "CK_RUN_SUITE",
                                           "CK_RUN_CASE",
                                           "CK_INCLUDE_TAGS",
                                           "CK_EXCLUDE_TAGS",
                                           "CK_VERBOSITY",
                                           "CK_DEFAULT_TIMEOUT",
                                           "CK_TIMEOUT_MULTIPLIER",
                                           "CK_LOG_FILE_NAME",
                                           "CK_TAP_LOG_FILE_NAME",
                                           "CK_XML_LOG_FILE_NAME",
                                           "CK_MAX_MSG_SIZE"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        unsetenv(settings[i]);

    current_run = run;
    outcomes = shared(sizeof *outcomes * run->count);
    next_test = shared(sizeof *next_test);
    tests_that_spun = shared(sizeof *tests_that_spun);
    details = need(calloc(run->count, sizeof *details));
    for (int i = 0; i < run->count; i++)
        if ((details[i] = memfd_create(run->tests[i]->id, MFD_CLOEXEC)) < 0)
            broken("memfd_create: %s", strerror(errno));
    run_all_with(run->jobs);
    run_late_ones_alone();
    free(order);
    json_t *made = document();
    if (run->library)
        add_library(made, run->library);
    if (run->hidden_points)
        json_object_set_new(made, "hidden_points",
                            json_integer(run->hidden_points));
    for (int i = 0; i < run->count; i++)
        close(details[i]);
    return made;
}

/* ---- The declared tests ---- */

/* Set by the linker around section "tests". Weak: a program may have none. */
extern const struct test *const __start_tests[] __attribute__((weak));
extern const struct test *const __stop_tests[] __attribute__((weak));

static int by_line(const void *a, const void *b)
{
    const struct test *const *left = a, *const *right = b;
    return (*left)->line - (*right)->line;
}

const struct test **declared_tests(int *count)
{
    *count = (int)(__stop_tests - __start_tests);
    const struct test **tests = need(calloc(*count + 1, sizeof *tests));
    if (*count)
        memcpy(tests, __start_tests, *count * sizeof *tests);
    /* The linker keeps the order of files; within one, gcc may turn it. */
    for (int first = 0, next; first < *count; first = next) {
        for (next = first + 1; next < *count; next++)
            if (strcmp(tests[next]->file, tests[first]->file) != 0)
                break;
        qsort(&tests[first], next - first, sizeof *tests, by_line);
    }
    return tests;
}

int document_status(json_t *document)
{
    json_t *score = json_object_get(document, "score");
    if (!json_is_integer(score))
        return 3;
    int possible =
        (int)(json_integer_value(json_object_get(document, "max_score")) -
              json_integer_value(json_object_get(document, "hidden_points")));
    size_t i;
    json_t *test;
    json_array_foreach(json_object_get(document, "tests"), i, test)
    {
        /* Tests without points do not hold anybody up. */
        const char *status = json_string_value(json_object_get(test, "status"));
        if (strcmp(status, "passed") != 0 &&
            json_integer_value(json_object_get(test, "max_points")) > 0)
            return 1;
    }
    return json_integer_value(score) == possible ? 0 : 1;
}
