/* class.c: grades a class.
 *
 *     class CLASS GRADES LAB… --kit-version TEXT [--seed N] [--jobs N]
 *           [--allow-unsafe] [--caller PID]
 *           [--hosts "a b:2222" [--ssh COMMAND] [--remote FOLDER]]
 *
 * CLASS is what intake.c has filled. Each lab of each student is a unit; GNU
 * parallel runs those whose document is not there yet (unit.c), as many at once
 * as there are processors. What the clock decided, and what failed, is run
 * again alone, and only that counts. The documents go to GRADES/WHO/LAB.json.
 * It runs from the kit's folder.
 *
 * Exit status: 0; 1 some units have no grade: GRADER_ERROR; 2 nothing was done,
 * and why; 3 it did not come to its end; 128 + a signal that stopped it. The
 * same command then goes on.
 */
#include "class.h"

#include "inside.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

/* ---- The command line ---- */

static _Noreturn void usage_error(void)
{
    fputs("usage: class CLASS GRADES LAB... --kit-version TEXT [--seed N] "
          "[--jobs N]\n             [--allow-unsafe] [--caller PID] [--hosts "
          "\"a b:2222\"]\n             [--ssh COMMAND] [--remote FOLDER]\n",
          stderr);
    exit(2);
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"kit-version", required_argument, 0, 'k'},
        {"seed", required_argument, 0, 's'},
        {"jobs", required_argument, 0, 'j'},
        {"caller", required_argument, 0, 'c'},
        {"hosts", required_argument, 0, 'h'},
        {"ssh", required_argument, 0, 'x'},
        {"remote", required_argument, 0, 'r'},
        {"allow-unsafe", no_argument, 0, 'u'},
        {0}};
    struct options o = {.jobs = processors_here(), .ssh = "ssh"};
    const char **texts['~'] = {['k'] = &o.kit_version,
                               ['s'] = &o.seed,
                               ['h'] = &o.hosts,
                               ['x'] = &o.ssh,
                               ['r'] = &o.remote};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == '?')
            usage_error();
        else if (c == 'u')
            o.allow_unsafe = true;
        else if (c == 'j')
            o.jobs = (int)number(optarg, "JOBS", 1);
        else if (c == 'c')
            o.caller = (pid_t)number(optarg, "the caller", 1);
        else
            *texts[c] = optarg;
    }
    if (argc - optind < 3 || !o.kit_version)
        usage_error();
    o.class = argv[optind];
    o.grades = argv[optind + 1];
    o.labs = argv + optind + 2;
    o.lab_count = argc - optind - 2;
    if (strpbrk(o.kit_version, "'{}\n"))
        errx(2, "the kit's version, \"%s\", has characters that no version has",
             o.kit_version);
    return o;
}

/* ---- Passes ---- */

static void retry(struct class *class, enum state state)
{
    for (int i = 0; i < class->count; i++)
        if (class->units[i].state == state) {
            class->units[i].state = TO_DO;
            class->units[i].alone = true;
        }
}

/* What is still to do after a pass was lost with the machine that ran it: the
 * other machines, or at last this one, do it. */
static void run_all(struct class *class, bool alone)
{
    int left = count_units(class, TO_DO), before = 0;
    while (left && !stop_asked() && (left != before || class->host_count)) {
        before = left;
        run_pass(class, alone);
        left = count_units(class, TO_DO);
        if (left && !stop_asked())
            check_hosts(class);
    }
    for (int i = 0; i < class->count && !stop_asked(); i++)
        if (class->units[i].state == TO_DO) {
            class->units[i].state = FAILED;
            class->units[i].said = format("its run did not come to an end");
        }
}

static void grade(struct class *class)
{
    run_all(class, false);
    int late = count_units(class, LATE), failed = count_units(class, FAILED);
    if (stop_asked() || late + failed == 0)
        return;
    printf("Running %d again, one at a time: in %d the clock decided a test, "
           "%d failed.\n",
           late + failed, late, failed);
    retry(class, LATE);
    retry(class, FAILED);
    check_hosts(class);
    run_all(class, true);
}

/* ---- Words ---- */

static void tell_begin(const struct class *class)
{
    int stand = count_units(class, STANDS), units = class->count;
    printf("%d run%s: %d stand%s from before, %d to do on ", units,
           units == 1 ? "" : "s", stand, stand == 1 ? "s" : "", units - stand);
    if (class->host_count == 0)
        printf("%d processor%s", class->options.jobs,
               class->options.jobs == 1 ? "" : "s");
    const char *before = "";
    for (int i = 0; i < class->host_count; i++)
        if (class->hosts[i].processors) {
            printf("%s%s (%d)", before, host_name(&class->hosts[i]),
                   class->hosts[i].processors);
            before = ", ";
        }
    printf(". Seed %s.\n", class->seed);
    fflush(stdout);
}

/* Publishes what has a grade now, and at the end also what has none. */
static int publish_all(const struct class *class, bool failed)
{
    for (int i = 0; i < class->count; i++) {
        enum state state = class->units[i].state;
        if ((state == STANDS || (failed && state == FAILED)) &&
            !publish(class, &class->units[i]))
            return 1;
    }
    return 0;
}

static int tell_end(const struct class *class, double seconds)
{
    int failed = count_units(class, FAILED);
    if (seconds > 0)
        printf("Graded in %s: %d of %d run%s.\n", duration(seconds),
               count_units(class, STANDS), class->count,
               class->count == 1 ? "" : "s");
    fflush(stdout);
    for (int i = 0; i < class->count; i++)
        if (class->units[i].state == FAILED)
            fprintf(stderr, "GRADER_ERROR: %s: %s\n",
                    unit_name(&class->units[i]), class->units[i].said);
    tell_of_others(class);
    return failed ? 1 : 0;
}

static int tell_stopped(const struct class *class)
{
    int stand = count_units(class, STANDS);
    fflush(stdout);
    fprintf(stderr,
            "Stopped: %d of %d runs are graded, and kept. The same command "
            "goes on from here.\n",
            stand, class->count);
    return 128 + stop_asked();
}

int main(int argc, char **argv)
{
    struct class class = {.options = read_options(argc, argv)};
    guard(class.options.caller);
    require_disk(&class);
    lock_class(&class);
    require_parallel();
    make_own_folder(&class);
    read_hosts(&class);
    require_isolation(&class);
    choose_seed(&class);
    read_units(&class);
    if (class.count == 0)
        errx(2, "nobody has handed in anything of the labs that are graded");
    make_folder(class.options.grades);
    if (publish_all(&class, false) != 0)
        return 3;
    double begin = now_ms(), took = 0;
    if (count_units(&class, STANDS) < class.count) {
        prepare_hosts(&class);
        tell_begin(&class);
        grade(&class);
        leave_hosts(&class);
        took = (now_ms() - begin) / 1000;
    } else {
        printf("%d run%s: all stand from before. Seed %s.\n", class.count,
               class.count == 1 ? "" : "s", class.seed);
    }
    if (publish_all(&class, !stop_asked()) != 0)
        return 3;
    return stop_asked() ? tell_stopped(&class) : tell_end(&class, took);
}
