/* runner.h: runs tests and puts their outcomes into a result document. */
#ifndef RUNNER_H
#define RUNNER_H

#include "harness.h"
#include <jansson.h>

struct run {
    const struct test *const *tests; /* those to run, in the order shown */
    int count;
    int jobs; /* as many at once */
    uint64_t seed;
    const char *who, *lab, *kit_version;
    const char *library; /* "labs/labNN-name", where the programs stand on what
                            an earlier lab made; or null */
    bool partial;        /* not all declared tests: no grade */
    int hidden_points;   /* of hidden tests that this kit does not have */
};

/* Runs them all; the caller owns the document. */
json_t *run_tests(const struct run *run);

/* The tests that the linker collected, by their place in the file. The array
 * is the caller's to free. */
const struct test **declared_tests(int *count);

/* Are hidden tests where they may be, in files hidden*.c, and nothing else in
 * there? Ends the run if not. Returns the points that tests which are not here
 * hold: in a kit without its hidden files, what is missing to 100. */
int check_hidden(const struct test *const *tests, int count);

/* The document's verdict as an exit status: 0 full points, 1 fewer, 3 a broken
 * grader. */
int document_status(json_t *document);

#endif
