/* suites_test.c: the suites themselves: points, sections, planted bugs. */
#include "kit.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listed {
    char id[64], section[128];
    int points;
};

/* The tests of a lab, as its suite lists them: "id\tpoints\tsection\ttitle". */
static int list_tests(const char *lab, struct listed *tests, int most)
{
    int status, count = 0;
    char *list =
        run_shell(&status, "%s/tests/%s/suite --list", build_folder(), lab);
    ck_assert_int_eq(status, 0);
    for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
        struct listed *test = &tests[count++];
        ck_assert_int_le(count, most);
        test->section[0] = '\0';
        ck_assert_msg(sscanf(line, "%63[^\t]\t%d\t%127[^\t]", test->id,
                             &test->points, test->section) >= 2,
                      "%s: cannot read %s", lab, line);
    }
    return count;
}

TEST("suites.points", .title = "Each suite gives 100 points")
{
    static struct listed tests[200];
    for (char **lab = labs_with_suite(); *lab; lab++) {
        int count = list_tests(*lab, tests, 200), sum = 0;
        for (int i = 0; i < count; i++)
            sum += tests[i].points;
        ck_assert_msg(sum == 100, "%s: %d points", *lab, sum);
    }
}

TEST("suites.ids", .title = "Ids are different and fit the table")
{
    static struct listed tests[200];
    for (char **lab = labs_with_suite(); *lab; lab++) {
        int count = list_tests(*lab, tests, 200);
        for (int i = 0; i < count; i++) {
            ck_assert_msg(strlen(tests[i].id) <= 19, "%s: %s is too long", *lab,
                          tests[i].id);
            for (int k = 0; k < i; k++)
                ck_assert_msg(strcmp(tests[i].id, tests[k].id) != 0,
                              "%s: two tests are called %s", *lab, tests[i].id);
        }
    }
}

TEST("suites.sections", .title = "Each test's section is in the handout")
{
    static struct listed tests[200];
    for (char **lab = labs_with_suite(); *lab; lab++) {
        char *handout = file_text(format("labs/%s/README.md", *lab));
        ck_assert_msg(handout != NULL, "labs/%s has no README.md", *lab);
        int count = list_tests(*lab, tests, 200);
        for (int i = 0; i < count; i++)
            ck_assert_msg(
                strstr(handout, format("\n## %s\n", tests[i].section)) ||
                    strstr(handout, format("\n### %s\n", tests[i].section)),
                "%s, %s: the handout has no section \"%s\"", *lab, tests[i].id,
                tests[i].section);
    }
}

/* The words after "Loses:" in all patches of a lab, each between blanks. */
static char *all_losses(const char *lab)
{
    int status;
    char *lines = run_shell(
        &status,
        "sed -n 's/^Loses://p' tests/mutants/%s/*.patch | tr '\\n' ' '", lab);
    return format(" %s ", lines);
}

TEST("suites.planted-bugs",
     .title = "Each test has a planted bug that it finds")
{
    static struct listed tests[200];
    for (char **lab = labs_with_suite(); *lab; lab++) {
        char *losses = all_losses(*lab);
        int count = list_tests(*lab, tests, 200);
        for (int i = 0; i < count; i++)
            ck_assert_msg(tests[i].points == 0 ||
                              strstr(losses, format(" %s ", tests[i].id)),
                          "%s: no planted bug loses %s", *lab, tests[i].id);
    }
}
