/* class_parallel.c: starts GNU parallel on the units of a class.
 *
 * It gets them on its stdin, a line each, and whatever a unit's program says
 * comes back with a last line of ours: which unit it was, and its exit status.
 */
#include "class.h"

#include "inside.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* No unit takes so long; one that does would hold up all others. */
#define MOST_TIME "1800"

static const char *own(const struct class *class, const char *name)
{
    return format("%s/.parallel/%s", class->options.class, name);
}

static const char *absolute(const char *path)
{
    const char *whole = realpath(path, NULL);
    if (!whole)
        err(1, "%s", path);
    return whole;
}

int processors_here(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* moreutils has another program of that name. */
void require_parallel(void)
{
    char said[64] = "";
    FILE *version = popen("parallel --version 2>/dev/null", "re");
    if (version && fgets(said, sizeof said, version))
        while (fgetc(version) != EOF)
            ;
    if (version)
        pclose(version);
    if (strncmp(said, "GNU parallel", 12) != 0)
        errx(2, "%s: make setup installs GNU parallel, which runs a class",
             *said ? "the program parallel here is not GNU parallel"
                   : "GNU parallel is not installed");
}

/* ---- Starting it ---- */

/* How a unit is run: here from the kit's folder, elsewhere from the kit that
 * was brought there, in whose build folder the class is. What the shell must
 * not take apart comes in the environment; on hosts there is nothing of that
 * kind. {1} and {2} are put in by GNU parallel. */
static char *command(const struct class *class, bool alone)
{
    const struct options *o = &class->options;
    char *arguments =
        format("{1} {2} --seed %s --kit-version '%s'%s%s </dev/null 2>&1",
               class->seed, o->kit_version, alone ? " --alone" : "",
               o->allow_unsafe ? " --allow-unsafe" : "");
    const char *here = "cd \"$CLASS_KIT\" && \"$CLASS_UNIT\" \"$CLASS_FOLDER\"";
    const char *end = "printf '\\001%s %s %s\\n' {1} {2} $?";
    if (class->host_count == 0)
        return format("%s %s; %s", here, arguments, end);
    return format("case $PARALLEL_SSHLOGIN in :|*/:) %s %s;; "
                  "*) cd ../.. && build/tests/unit build/%s %s;; esac; %s",
                  here, arguments, strrchr(class->folder, '/') + 1, arguments,
                  end);
}

struct arguments {
    const char *items[32 + 2 * MOST_HOSTS];
    int count;
};

static void add(struct arguments *to, const char *option, const char *value)
{
    to->items[to->count++] = option;
    to->items[to->count++] = value;
}

static void add_hosts(struct arguments *to, const struct class *class,
                      bool alone)
{
    int used = 0;
    for (int i = 0; i < class->host_count; i++) {
        const struct host *host = &class->hosts[i];
        if (!host->processors)
            continue;
        const char *port = host->port ? format("-p %s ", host->port) : "";
        add(to, "--sshlogin",
            is_this_machine(host)
                ? format("%d/:", alone ? 1 : host->processors)
                : format("%d/%s %s%s", alone ? 1 : host->processors,
                         class->options.ssh, port, host->login));
        used++;
    }
    add(to, "--workdir", class->folder);
    add(to, "--return", "{1}/{2}.json");
    add(to, "--retries", format("%d", used + 1));
}

static void become_parallel(const struct class *class, bool alone, int in,
                            int out)
{
    struct arguments a = {.items = {"parallel", "--plain"}, .count = 2};
    const char *here = absolute("."), *folder = absolute(class->options.class);
    add(&a, "--colsep", "\t");
    add(&a, "--timeout", MOST_TIME);
    add(&a, "--joblog", format("%s/log", absolute(own(class, ""))));
    if (class->host_count)
        add_hosts(&a, class, alone);
    else
        add(&a, "--jobs", format("%d", alone ? 1 : class->options.jobs));
    a.items[a.count++] = command(class, alone);

    setenv("PARALLEL_HOME", absolute(own(class, "home")), 1);
    setenv("PARALLEL_SHELL", "/bin/sh", 1);
    setenv("PARALLEL_REMOTE_TMPDIR", "..", 1);
    setenv("TMPDIR", absolute(own(class, "tmp")), 1);
    setenv("CLASS_KIT", here, 1);
    setenv("CLASS_UNIT",
           absolute(format("%s/../tests/unit", class->options.class)), 1);
    setenv("CLASS_FOLDER", class->options.class, 1);
    int errors = open(own(class, "said"),
                      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (errors < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
        dup2(errors, 2) < 0 || chdir(folder) < 0)
        broken("%s: %s", folder, strerror(errno));
    restore_signals();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* Its own session: Ctrl-C is for us, who tell it; and whatever it starts
     * finds no terminal to ask for passwords on. */
    setsid();
    execvp("parallel", (char **)a.items);
    broken("parallel: %s", strerror(errno));
}

/* The units that are to be run, a line each. */
static int list_of_units(const struct class *class)
{
    const char *path = own(class, "units");
    FILE *list = fopen(path, "we");
    for (int i = 0; list && i < class->count; i++)
        if (class->units[i].state == TO_DO)
            fprintf(list, "%s\t%s\n", class->units[i].key, class->units[i].lab);
    if (!list || fclose(list) != 0)
        err(1, "%s", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        err(1, "%s", path);
    return fd;
}

pid_t start_parallel(const struct class *class, bool alone, int *said)
{
    int in = list_of_units(class), out[2];
    if (pipe2(out, O_CLOEXEC) < 0)
        broken("pipe: %s", strerror(errno));
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    pid_t pid = fork();
    if (pid < 0)
        broken("fork: %s", strerror(errno));
    if (pid == 0)
        become_parallel(class, alone, in, out[1]);
    close(in);
    close(out[1]);
    *said = out[0];
    return pid;
}
