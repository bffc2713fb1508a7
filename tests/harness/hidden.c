/* hidden.c: tests that students do not have.
 *
 * They lie in files of their own, tests/LAB/hidden*.c, which are left out of
 * the kit that students get. A mark without such a file would hand the test
 * out, and such a file without a mark would name the test in a student's
 * report. */
#include "runner.h"

#include "inside.h"

#include <string.h>

static bool is_hidden_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, "hidden", 6) == 0;
}

int check_hidden(const struct test *const *tests, int count)
{
    int points = 0, hidden = 0;
    for (int i = 0; i < count; i++) {
        const struct test *test = tests[i];
        if (test->hidden && !is_hidden_file(test->file))
            broken("%s is hidden, but %s goes to students: move it to "
                   "hidden.c, beside that",
                   test->id, test->file);
        if (!test->hidden && is_hidden_file(test->file))
            broken("%s is in %s, which students do not get, and is not marked "
                   ".hidden = true",
                   test->id, test->file);
        if (test->hidden && !test->points)
            broken("%s is hidden and gives no points, so students would not "
                   "be told that there is such a test",
                   test->id);
        points += test->points;
        hidden += test->hidden;
    }
    if (hidden && points != 100)
        broken("with the hidden tests there are %d points: make them 100",
               points);
    return points < 100 ? 100 - points : 0;
}
