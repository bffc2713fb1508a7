/* bench.c: what the kit costs a student, measured side by side in one run.
 *
 *     bench BUILD LAB/PROGRAM…
 *
 * In a copy of the tree whose labs/ hold the reference programs it measures,
 * in turn and several times, for each lab:
 *   verdict    touch PROGRAM.c, make labNN
 *   compiling  touch PROGRAM.c, build what that changes
 *   suite      the suite alone, everything built
 *   floor      the same programs and bytes without a harness (floor.c)
 * and prints medians. What is left of the verdict is the kit's own share.
 */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7, VERDICT = 0, COMPILING, SUITE, FLOOR, KINDS };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* Runs a shell command in the copy and returns its seconds. */
static double timed(const char *form, ...)
{
    char *command;
    va_list args;
    va_start(args, form);
    if (vasprintf(&command, form, args) < 0)
        err(1, "memory");
    va_end(args);
    double begin = seconds();
    int status = system(command);
    double took = seconds() - begin;
    if (status != 0)
        errx(1, "this command failed, so nothing was measured: %s", command);
    free(command);
    return took;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, ascending);
    return values[ROUNDS / 2];
}

static void measure(const char *lab, const char *program, double medians[KINDS])
{
    double took[KINDS][ROUNDS];
    int jobs = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN);
    const char *suite =
        "build/tests/%s/suite --programs build/labs/%s --seed 1";
    char run_suite[512], touch[512];

    snprintf(run_suite, sizeof run_suite, suite, lab, lab);
    snprintf(touch, sizeof touch, "touch labs/%s/%s.c", lab, program);
    timed("make build/tests/floor && make %.5s SEED=1 >/dev/null", lab);
    timed("rm -rf build/record && mkdir build/record && %s --record "
          "build/record --quiet",
          run_suite);
    for (int i = 0; i < ROUNDS; i++) {
        timed("%s", touch);
        took[VERDICT][i] = timed("make %.5s SEED=1 >/dev/null", lab);
        timed("%s", touch);
        took[COMPILING][i] = timed("make build/labs/%s/%s "
                                   "build/labs/%s/%s.asan >/dev/null",
                                   lab, program, lab, program);
        took[SUITE][i] = timed("%s >/dev/null", run_suite);
        took[FLOOR][i] = timed("build/tests/floor build/labs/%s build/record "
                               "build/tests/cell/faults.so %d",
                               lab, jobs);
    }
    for (int kind = 0; kind < KINDS; kind++)
        medians[kind] = median(took[kind]);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        errx(2, "usage: bench BUILD LAB/PROGRAM…");
    timed("rm -rf '%s/bench' && mkdir -p '%s/bench' && "
          "cp -r Makefile labs common hw tests '%s/bench' && "
          "cp -r solutions/. '%s/bench/labs'",
          argv[1], argv[1], argv[1], argv[1]);
    char *copy;
    if (asprintf(&copy, "%s/bench", argv[1]) < 0 || chdir(copy) < 0)
        err(1, "%s", copy);
    unsetenv("MAKEFLAGS");
    unsetenv("MAKELEVEL");
    puts(
        "From a touched source file to the verdict, and the suite against its "
        "floor\n(the same programs and bytes without a harness); medians of 7, "
        "in seconds.\n");
    printf("  %-24s %8s %10s %9s %6s   %6s %6s %6s\n", "", "verdict",
           "compiling", "programs", "kit", "suite", "floor", "ratio");
    for (int i = 2; i < argc; i++) {
        double m[KINDS];
        char *program = strchr(argv[i], '/');
        if (!program)
            errx(2, "%s is not LAB/PROGRAM", argv[i]);
        *program++ = '\0';
        measure(argv[i], program, m);
        printf("  %-24s %8.2f %10.2f %9.2f %6.2f   %6.2f %6.2f %6.2f\n",
               argv[i], m[VERDICT], m[COMPILING], m[FLOOR],
               m[VERDICT] - m[COMPILING] - m[FLOOR], m[SUITE], m[FLOOR],
               m[SUITE] / m[FLOOR]);
        fflush(stdout);
    }
    return 0;
}
