/* signs_test.c: what signs.c finds in a source file, and that it finds nothing
 * in right ones. */
#include "kit.h"
#include "signs.h"

#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

static json_t *signs_of(const char *text)
{
    char *folder = new_folder(this_test->id);
    FILE *file = fopen(format("%s/server.c", folder), "w");
    ck_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
    return signs_in(folder, (const char *const[]){"server.c", NULL});
}

static void expect_sign(const char *text, const char *sentence)
{
    json_t *found = signs_of(text);
    ck_assert_msg(json_array_size(found) == 1, "%zu signs in %s",
                  json_array_size(found), text);
    ck_assert_str_eq(json_string_value(json_array_get(found, 0)), sentence);
}

static void expect_none(const char *text)
{
    json_t *found = signs_of(text);
    ck_assert_msg(json_array_size(found) == 0, "%s in %s",
                  json_string_value(json_array_get(found, 0)), text);
}

TEST("signs.found", .title = "Each sign is found, with its line")
{
    expect_sign("/* one\n two */\n__attribute__((constructor)) void f(void);\n",
                "server.c line 3 has a function that runs before main "
                "(constructor).");
    expect_sign("#  include \"../x.c\"\n",
                "server.c line 1 includes a file by a path.");
    expect_sign("#include </etc/shadow>\n",
                "server.c line 1 includes a file by a path.");
    expect_sign("#include __FILE__\n", "server.c line 1 includes itself.");
    expect_sign("int x;\n__attribute__((section(\".init_array\"))) void *p;\n",
                "server.c line 2 puts something into a section of its own.");
    expect_sign("int f(void) { return open(\"/proc/1/mem\", 2); }\n",
                "server.c line 1 has a path of the machine in a string "
                "(/proc/…).");
    expect_sign("ssize_t recv(int fd, void *p, size_t n, int f)\n{\n}\n",
                "server.c line 2 defines recv, a function of the C library.");
    expect_sign("int f(void) { \\\n return syscall(1) + syscall(2); }\n",
                "server.c line 2 makes a system call by its number (syscall).");
    expect_sign("#pragma GCC optimize(\"O3\")\n",
                "server.c line 1 gives the compiler options of its own "
                "(pragma).");
}

TEST("signs.not-found",
     .title = "Comments, words in strings and plain code are no signs")
{
    expect_none("// constructor asm ptrace \"/proc/1\"\n/* syscall */\n");
    expect_none("const char *text = \"a constructor, asm and syscall(2)\";\n");
    expect_none("static int recv(int fd)\n{\n    return fd;\n}\n");
    expect_none("int f(void) { if (recv(1, 0, 0, 0)) { } return 0; }\n");
    expect_none("void error(const char *text) { perror(text); }\n");
    expect_none("#include <sys/ptrace.h>\n#include \"line.h\"\n");
    expect_none("int section(const char *s); int x = section(0);\n");
    expect_none("#pragma GCC diagnostic ignored \"-Wunused\"\n");
    expect_none("char quote = '\"', end = '\\''; /* asm */\n");
    expect_none("\"never ended\n'\n/* nor this");
}

/* The reference programs, the starters, and right programs of other styles. */
TEST("signs.right-ones", .title = "There are none in right programs")
{
    static const char *const patterns[] = {"solutions/*/*.c", "labs/*/*.c",
                                           "tests/styles/*/*/*.c"};
    int seen = 0;
    for (int i = 0; i < 3; i++) {
        glob_t files;
        ck_assert_int_eq(glob(patterns[i], 0, NULL, &files), 0);
        for (size_t k = 0; k < files.gl_pathc; k++, seen++) {
            char *path = files.gl_pathv[k];
            const char *const names[] = {basename(format("%s", path)), NULL};
            json_t *found = signs_in(dirname(format("%s", path)), names);
            ck_assert_msg(json_array_size(found) == 0, "%s: %s", path,
                          json_string_value(json_array_get(found, 0)));
        }
        globfree(&files);
    }
    ck_assert_int_ge(seen, 40);
}
