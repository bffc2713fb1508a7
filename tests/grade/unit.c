/* unit.c: grades one lab of one student.
 *
 *     unit CLASS KEY LAB --seed N --kit-version TEXT
 *          [--jobs N] [--alone] [--allow-unsafe]
 *
 * CLASS/KEY/LAB/ holds what was handed in, CLASS/KEY/student.json says of whom
 * (intake.c made both). The files are compiled in a cell (compile.c), then the
 * lab's suite runs the programs in cells of theirs. The result document becomes
 * CLASS/KEY/LAB.json, whole or not at all. It runs from the kit's folder.
 *
 * --alone runs one test at a time, for a verdict that the clock has decided.
 *
 * Exit status: 0 there is a document, whatever its score; 2 a wrong call; 3 the
 * grader is at fault, and a sentence on stderr says how.
 */
#include "compile.h"
#include "inside.h"
#include "result.h"
#include "signs.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct options {
    const char *class, *key, *lab, *seed, *kit_version, *jobs;
    bool alone, allow_unsafe;
};

static _Noreturn void usage_error(void)
{
    fputs("usage: unit CLASS KEY LAB --seed N --kit-version TEXT [--jobs N] "
          "[--alone] [--allow-unsafe]\n",
          stderr);
    exit(2);
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"seed", required_argument, 0, 's'},
        {"kit-version", required_argument, 0, 'k'},
        {"jobs", required_argument, 0, 'j'},
        {"alone", no_argument, 0, 'a'},
        {"allow-unsafe", no_argument, 0, 'u'},
        {0}};
    struct options o = {.jobs = "4"};
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 's')
            o.seed = optarg;
        else if (c == 'k')
            o.kit_version = optarg;
        else if (c == 'j')
            o.jobs = optarg;
        else if (c == 'a')
            o.alone = true;
        else if (c == 'u')
            o.allow_unsafe = true;
        else
            usage_error();
    }
    if (argc - optind != 3 || !o.seed || !o.kit_version)
        usage_error();
    o.class = argv[optind];
    o.key = argv[optind + 1];
    o.lab = argv[optind + 2];
    if (o.alone)
        o.jobs = "1";
    return o;
}

/* The build folder as make calls it, since the recipe's paths begin so. */
static const char *build_folder(const char *class)
{
    char *path = format("%s", class);
    return dirname(path);
}

static json_t *read_json(const char *path)
{
    json_error_t error;
    json_t *found = json_load_file(path, 0, &error);
    if (!found)
        broken("%s: %s", path, error.text);
    return found;
}

static void choose_isolation(const struct options *o)
{
    const char *why;
    enum isolation isolation = isolation_probe(&why);
    if (isolation == ISOLATION_NONE && !o->allow_unsafe)
        broken("no isolation on this machine: %s", why);
    isolation_set(isolation);
}

/* 0, 1 and 3 leave a document. */
static json_t *run_suite(const struct options *o, const char *programs,
                         const struct recipe *recipe, const char *who,
                         const char *out)
{
    const char *arguments[24] = {format("%s/%s/suite", config.tools, o->lab),
                                 "--programs",
                                 programs,
                                 "--who",
                                 who,
                                 "--kit-version",
                                 o->kit_version,
                                 "--seed",
                                 o->seed,
                                 "--jobs",
                                 o->jobs,
                                 "--out",
                                 out,
                                 "--quiet"};
    int count = 14;
    if (!o->allow_unsafe)
        arguments[count++] = "--isolated";
    if (recipe->library) {
        arguments[count++] = "--library";
        arguments[count++] = recipe->library;
    }
    pid_t suite = fork();
    if (suite < 0)
        broken("fork: %s", strerror(errno));
    if (suite == 0) {
        execv(arguments[0], (char **)arguments);
        broken("%s: %s", arguments[0], strerror(errno));
    }
    int status;
    while (waitpid(suite, &status, 0) < 0)
        if (errno != EINTR)
            broken("waitpid: %s", strerror(errno));
    if (!WIFEXITED(status) || access(out, F_OK) < 0)
        broken("the suite of %s left no result", o->lab);
    return read_json(out);
}

static void add_files(json_t *all, json_t *handed_in, const char *folder)
{
    json_t *file;
    size_t i;
    json_array_foreach(handed_in, i, file)
    {
        const char *name = json_string_value(json_object_get(file, "name"));
        json_array_append_new(
            all, json_pack("{s:s, s:O}", "name", format("%s%s", folder, name),
                           "sha256", json_object_get(file, "sha256")));
    }
}

/* What was graded, by its SHA-256: intake.c reckoned it. Files of a lab that
 * this one builds on are there as "LAB/NAME". */
static json_t *submission(json_t *labs, const char *lab,
                          const struct recipe *recipe)
{
    json_t *all = json_array();
    const char *before = lab;
    add_files(all, json_object_get(labs, lab), "");
    for (int i = 0; recipe->handed_in[i]; i++) {
        const char *file = recipe->handed_in[i];
        char *other = format("%.*s", (int)strcspn(file, "/"), file);
        if (strcmp(other, lab) != 0 && strcmp(other, before) != 0)
            add_files(all, json_object_get(labs, other), format("%s/", other));
        before = other;
    }
    return all;
}

/* Signs in the source first, then what the tests saw. Files of other labs have
 * a document of their own for that. */
static json_t *everything_to_look_at(const struct handed_in *from,
                                     const struct recipe *recipe,
                                     json_t *document)
{
    const char *names[64] = {NULL};
    size_t length = strlen(from->lab), count = 0;
    for (int i = 0; recipe->handed_in[i] && count < 63; i++)
        if (strncmp(recipe->handed_in[i], from->lab, length) == 0)
            names[count++] = recipe->handed_in[i] + length + 1;
    json_t *list = signs_in(format("%s/%s", from->folder, from->lab), names);
    json_array_extend(list, json_object_get(document, "look"));
    return list;
}

int main(int argc, char **argv)
{
    struct options o = read_options(argc, argv);
    config.tools = own_folder(); /* BUILD/tests */
    config.lab = o.lab;
    config.programs = ".";
    const char *folder = format("%s/%s", o.class, o.key);
    json_t *student = read_json(format("%s/student.json", folder));
    const char *who = json_string_value(json_object_get(student, "who"));
    json_t *labs = json_object_get(student, "labs");
    if (!who || !json_object_get(labs, o.lab))
        broken("%s/student.json tells of no %s", folder, o.lab);

    choose_isolation(&o);
    struct handed_in from = {.folder = folder,
                             .lab = o.lab,
                             .build = build_folder(o.class),
                             .work = format("%s/%s.work", folder, o.lab)};
    if (!remove_folder(from.work) || mkdir(from.work, 0755) < 0)
        broken("%s: %s", from.work, strerror(errno));
    struct recipe recipe = read_recipe(&from);
    const char *programs = compile(&from, &recipe);
    json_t *document = run_suite(&o, programs, &recipe, who,
                                 format("%s/result.json", from.work));
    json_object_set_new(document, "submission",
                        submission(labs, o.lab, &recipe));
    json_object_set_new(document, "alone", json_boolean(o.alone));
    json_object_set_new(document, "look",
                        everything_to_look_at(&from, &recipe, document));
    bool written =
        document_write(document, format("%s/%s.json", folder, o.lab));
    remove_folder(from.work);
    if (!json_is_integer(json_object_get(document, "score")))
        fprintf(stderr, "GRADER_ERROR in %s of %s\n", o.lab, who);
    return written && json_is_integer(json_object_get(document, "score")) ? 0
                                                                          : 3;
}
