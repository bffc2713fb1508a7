/* compile.c: compiles what a student handed in, in a cell of its own.
 *
 * A source file is as hostile as a program: it may include what it should not
 * see, or make the compiler write for ever. So the compiler runs in a cell with
 * limits, which holds the compiler, the kit's headers and libraries, and what
 * the student handed in, and has no network. How it is called, the Makefile
 * says for students and classes alike: make writes its compiler lines into the
 * lab's recipe.
 */
#include "compile.h"
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PATHS = 64, MOST_LOG = 64 << 10 };

/* The last resort: nothing in that cell can wait, and what it may compute is
 * limited. */
enum { PATIENCE_MS = 600 * 1000 };

/* ---- The recipe ---- */

static bool was_handed_in(const struct handed_in *from, const char *path)
{
    struct stat about;
    return lstat(format("%s/%s", from->folder, path), &about) == 0 &&
           S_ISREG(about.st_mode);
}

struct recipe read_recipe(const struct handed_in *from)
{
    static const char *kit[MOST_PATHS + 1], *handed_in[MOST_PATHS + 1];
    struct recipe recipe = {
        .path = format("%s/tests/%s/recipe", from->build, from->lab),
        .kit = kit,
        .handed_in = handed_in};
    FILE *file = fopen(recipe.path, "re");
    char line[4096], kind[20], path[PATH_MAX];
    int kits = 0, files = 0;
    if (!file)
        broken("%s: %s", recipe.path, strerror(errno));
    while (fgets(line, sizeof line, file) &&
           sscanf(line, " # %19s %4095s", kind, path) == 2) {
        if (kits == MOST_PATHS || files == MOST_PATHS)
            broken("%s names too many files", recipe.path);
        if (strcmp(kind, "kit") == 0)
            kit[kits++] = format("%s", path);
        else if (strcmp(kind, "library") == 0)
            recipe.library = format("%s", path);
        else if (strcmp(kind, "file") == 0 && was_handed_in(from, path))
            handed_in[files++] = format("%s", path);
    }
    fclose(file);
    return recipe;
}

/* ---- Where there are no cells: the same places, by links ---- */

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            broken("%s: %s", path, strerror(errno));
        *slash = '/';
    }
}

static void link_into(const char *tree, const char *path, const char *to)
{
    char *place = format("%s/%s", tree, path);
    char *whole = realpath(to, NULL);
    if (path[0] == '/') /* where it is already */
        return;
    make_parents(place);
    if (!whole || symlink(whole, place) < 0)
        broken("%s: %s", place, strerror(errno));
}

static void link_tree(const struct build *build)
{
    for (int i = 0; build->kit[i]; i++)
        link_into(build->tree, build->kit[i], build->kit[i]);
    for (int i = 0; build->handed_in[i]; i++)
        link_into(build->tree, format("labs/%s", build->handed_in[i]),
                  format("%s/%s", build->folder, build->handed_in[i]));
    link_into(build->tree, build->out_in_kit, build->out);
}

/* ---- The compiler's run ---- */

/* Waits until cell_init reports the end of the script. */
static void wait_for_compiler(struct program *compiler)
{
    struct pollfd control = {.fd = compiler->control, .events = POLLIN};
    struct cell_message message = {.kind = CELL_HELLO};
    bool started = false;
    while (message.kind != CELL_ENDED) {
        int ready = poll(&control, 1, PATIENCE_MS);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            broken("the compiler does not come to an end");
        ssize_t n = recv(compiler->control, &message, sizeof message, 0);
        if (n < (ssize_t)sizeof message) /* its process 1 was killed */
            break;
        if (message.kind == CELL_NOT_STARTED ||
            message.kind == CELL_NOT_EXECUTED)
            broken("the compiler could not be started: %s",
                   strerror(message.value));
        started |= message.kind == CELL_STARTED;
    }
    char said[300] = "";
    if (!started && read(compiler->err, said, sizeof said - 1) >= 0)
        broken("the compiler's cell did not start: %s",
               *said ? show_line(said) : "bwrap said nothing");
}

static void run_compiler(const struct build *build)
{
    struct program compiler = {.name = "compiler"};
    cell_start(&compiler, &(struct launch){.name = "compiler", .build = build});
    close(compiler.in);
    wait_for_compiler(&compiler);
    /* The end of its control socket is the end of all that runs there. */
    close(compiler.control);
    while (waitpid(compiler.keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    close(compiler.out);
    close(compiler.err);
}

/* What the compiler left is ours from now on, and what is not a plain file
 * goes. Nobody can change the folder meanwhile: all that ran in the cell has
 * ended.
 */
static void take_over(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    struct stat about;
    if (!entries || chmod(folder, 0755) < 0 ||
        chown(folder, geteuid(), getegid()) < 0)
        broken("%s: %s", folder, strerror(errno));
    int at = dirfd(entries);
    while ((entry = readdir(entries))) {
        const char *name = entry->d_name;
        size_t length = strlen(name);
        bool is_log = length > 4 && strcmp(name + length - 4, ".log") == 0;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (fstatat(at, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
            broken("%s/%s: %s", folder, name, strerror(errno));
        bool plain = S_ISREG(about.st_mode) && about.st_nlink == 1;
        if (!plain &&
            unlinkat(at, name, S_ISDIR(about.st_mode) ? AT_REMOVEDIR : 0) < 0)
            broken("%s/%s: %s", folder, name, strerror(errno));
        if (plain && (fchownat(at, name, geteuid(), getegid(), 0) < 0 ||
                      fchmodat(at, name, is_log ? 0644 : 0755, 0) < 0))
            broken("%s/%s: %s", folder, name, strerror(errno));
        if (plain && is_log && about.st_size > MOST_LOG &&
            truncate(format("%s/%s", folder, name), MOST_LOG) < 0)
            broken("%s/%s: %s", folder, name, strerror(errno));
    }
    closedir(entries);
}

/* Of each program that was handed in there must be something, or what is wrong
 * is not the student's. */
static void require_outcome(const struct handed_in *from,
                            const struct recipe *recipe, const char *out)
{
    for (int i = 0; recipe->handed_in[i]; i++) {
        const char *path = recipe->handed_in[i];
        const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
        size_t lab = strlen(from->lab);
        if (strncmp(path, from->lab, lab) != 0 || path[lab] != '/' || !dot ||
            strcmp(dot, ".c") != 0)
            continue;
        char *program = format("%s/%.*s", out, (int)(dot - name), name);
        if (access(program, F_OK) < 0 &&
            access(format("%s.log", program), F_OK) < 0)
            broken("the compiler left nothing of %s", path);
    }
}

const char *compile(const struct handed_in *from, const struct recipe *recipe)
{
    struct build build = {.recipe = recipe->path,
                          .kit = recipe->kit,
                          .folder = from->folder,
                          .handed_in = recipe->handed_in,
                          .out = format("%s/programs", from->work),
                          .out_in_kit =
                              format("%s/labs/%s", from->build, from->lab),
                          .tree = format("%s/kit", from->work)};
    uid_t user = cell_user();
    if (mkdir(build.out, 0755) < 0 || mkdir(build.tree, 0755) < 0 ||
        (user && chown(build.out, user, user) < 0))
        broken("%s: %s", from->work, strerror(errno));
    if (isolation_now() == ISOLATION_NONE)
        link_tree(&build);
    run_compiler(&build);
    take_over(build.out);
    require_outcome(from, recipe, build.out);
    return build.out;
}

/* ---- Afterwards ---- */

static int remove_one(const char *path, const struct stat *about, int type,
                      struct FTW *where)
{
    (void)about, (void)type, (void)where;
    return remove(path);
}

bool remove_folder(const char *path)
{
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 ||
           errno == ENOENT;
}
