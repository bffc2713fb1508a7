/* census.c: what a program holds, and whether it works or waits. All of it is
 * read from /proc (proc(5)); the program is not touched. */
#include "inside.h"
#include "trace.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST_PIDS = 4096 };

/* The processes of a cell, as numbered in its own /proc, which we reach through
 * the root folder of its process 1. Without cells: our own /proc. */
struct members {
    char proc[64];
    pid_t init, pids[MOST_PIDS];
    int count;
};

ssize_t read_proc(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n;
}

struct task {
    char state;
    pid_t parent;
    long threads, pages; /* of its process */
};

/* State letter, parent, 20th and 24th field of "pid (name) S ppid …"; false: it
 * is gone. */
static bool read_task(const char *folder, pid_t pid, struct task *task)
{
    char path[128], line[1024];
    snprintf(path, sizeof path, "%s/%d/stat", folder, pid);
    if (read_proc(path, line, sizeof line) <= 0)
        return false;
    const char *name_end = strrchr(line, ')');
    return name_end && sscanf(name_end + 1,
                              " %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                              "%*s %*s %*s %*s %*s %ld %*s %*s %*s %ld",
                              &task->state, &task->parent, &task->threads,
                              &task->pages) == 4;
}

static bool descends_from(const struct members *all, pid_t pid)
{
    struct task task;
    for (int depth = 0; depth < 64; depth++) {
        if (!read_task(all->proc, pid, &task))
            return false;
        if (task.parent == all->init)
            return true;
        pid = task.parent;
    }
    return false;
}

static int list_numbers(const char *path, pid_t *numbers, int most)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;
    while (folder && count < most && (entry = readdir(folder))) {
        pid_t number = (pid_t)strtol(entry->d_name, NULL, 10);
        if (number > 0)
            numbers[count++] = number;
    }
    if (folder)
        closedir(folder);
    return count;
}

static void find_members(struct program *program, struct members *members)
{
    members->count = 0;
    if (program->peer) {
        snprintf(members->proc, sizeof members->proc, "/proc");
        members->init = getpid();
        members->pids[members->count++] = program->pid;
        return;
    }
    if (!program->init)
        return;
    bool cell = isolation_now() == ISOLATION_CELL;
    members->init = cell ? 1 : program->init;
    if (cell)
        snprintf(members->proc, sizeof members->proc, "/proc/%d/root/proc",
                 program->init);
    else
        snprintf(members->proc, sizeof members->proc, "/proc");
    int listed = list_numbers(members->proc, members->pids, MOST_PIDS);
    for (int i = 0; i < listed; i++) {
        pid_t pid = members->pids[i];
        if (pid != members->init && (cell || descends_from(members, pid)))
            members->pids[members->count++] = pid;
    }
}

int list_processes(struct program *program, char proc[64], pid_t *pids,
                   int most)
{
    static struct members members;
    find_members(program, &members);
    memcpy(proc, members.proc, sizeof members.proc);
    int count = members.count < most ? members.count : most;
    memcpy(pids, members.pids, count * sizeof *pids);
    return count;
}

static int count_mappings(const char *proc, pid_t pid)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%d/maps", proc, pid);
    FILE *maps = fopen(path, "re");
    int count = 0, c;
    while (maps && (c = getc(maps)) != EOF)
        count += c == '\n';
    if (maps)
        fclose(maps);
    return count;
}

/* ---- The census ---- */

static struct census count_all(struct program *program)
{
    static struct members members;
    static pid_t numbers[65536];
    struct census census = {0};
    char path[160];
    struct task task;

    collect_output();
    find_members(program, &members);
    for (int i = 0; i < members.count; i++) {
        if (!read_task(members.proc, members.pids[i], &task))
            continue;
        if (task.state == 'Z') {
            census.zombies++;
            continue;
        }
        census.processes++;
        snprintf(path, sizeof path, "%s/%d/task", members.proc,
                 members.pids[i]);
        census.threads += list_numbers(path, numbers, 65536);
        snprintf(path, sizeof path, "%s/%d/fd", members.proc, members.pids[i]);
        census.mappings += count_mappings(members.proc, members.pids[i]);
        DIR *folder = opendir(path);
        struct dirent *entry;
        while (folder && (entry = readdir(folder)))
            census.descriptors += entry->d_name[0] != '.';
        if (folder)
            closedir(folder);
    }
    return census;
}

/* The C library keeps some stacks and arenas for later. */
enum { FEW_MAPPINGS = 100 };

struct census_wait {
    struct program *program;
    struct census limit, last;
};

static bool within_limit(void *arg)
{
    struct census_wait *wait = arg;
    struct census now = wait->last = count_all(wait->program);
    return now.descriptors <= wait->limit.descriptors &&
           now.threads <= wait->limit.threads &&
           now.processes <= wait->limit.processes &&
           now.zombies <= wait->limit.zombies &&
           now.mappings <= wait->limit.mappings + FEW_MAPPINGS;
}

static char *show_census(struct census c)
{
    return format("%d descriptors, %d threads, %d processes, %d zombies",
                  c.descriptors, c.threads, c.processes, c.zombies);
}

void expect_census(struct program *program, struct census limit,
                   const char *event)
{
    struct census_wait wait = {program, limit, {0}};
    if (wait_for(within_limit, &wait, -1, 0, 2) == WAITED_DONE)
        return;
    struct census now = wait.last;
    struct verdict shown = {
        .expected = format("no more than after the first client: %s",
                           show_census(limit)),
        .received = show_census(now)};
    /* Each process holds descriptors: so, what they follow from first. */
    if (now.processes > limit.processes)
        fail_test(&shown,
                  "%s has %d processes more %s than before: children that do "
                  "not end.",
                  program->name, now.processes - limit.processes, event);
    if (now.descriptors > limit.descriptors)
        fail_test(&shown,
                  "%s holds %d descriptors more %s than before: it "
                  "does not close them.",
                  program->name, now.descriptors - limit.descriptors, event);
    if (now.zombies > limit.zombies)
        fail_test(&shown,
                  "%s has %d zombies %s: children that ended and were "
                  "never waited for.",
                  program->name, now.zombies, event);
    if (now.threads <= limit.threads) {
        shown.expected = "as much address space as after the first client";
        shown.received = "hundreds of mappings more, as many stacks leave";
        fail_test(&shown,
                  "The stacks of threads that have ended are still there %s: "
                  "%s neither joins nor detaches its threads.",
                  event, program->name);
    }
    fail_test(&shown, "%s has %d threads more %s than before.", program->name,
              now.threads - limit.threads, event);
}

/* ---- Working or waiting ---- */

/* Time that a thread ran, and that it was ready but kept waiting for a
 * processor, in ns: the first two numbers of schedstat. */
static bool read_schedstat(const char *folder, pid_t thread, uint64_t *ran,
                           uint64_t *delayed)
{
    char path[160], text[128];
    unsigned long long first, second;
    snprintf(path, sizeof path, "%s/%d/schedstat", folder, thread);
    if (read_proc(path, text, sizeof text) <= 0 ||
        sscanf(text, "%llu %llu", &first, &second) != 2)
        return false;
    *ran = first;
    *delayed = second;
    return true;
}

/* Beyond what the C library, a sanitizer and a small program take. */
static size_t memory_mib(long pages)
{
    enum { SMALL = 16 };
    size_t mebibytes = pages > 0 ? pages * sysconf(_SC_PAGESIZE) >> 20 : 0;
    return mebibytes > SMALL ? mebibytes - SMALL : 0;
}

static void add_thread(struct effort *effort, const char *folder, pid_t thread,
                       const struct task *task)
{
    uint64_t ran, delayed;
    if (task->state == 'Z' || task->state == 'X')
        return;
    effort->threads++;
    effort->held_up |= trace.folder && task->state == 't';
    effort->runnable |= task->state == 'R' || task->state == 'D';
    if (read_schedstat(folder, thread, &ran, &delayed)) {
        effort->ran += ran / 1e6;
        effort->delayed += delayed / 1e6;
    }
}

static void add_threads(struct effort *effort, const char *proc, pid_t process)
{
    static pid_t threads[4096];
    char folder[128];
    struct task task;
    snprintf(folder, sizeof folder, "%s/%d/task", proc, process);
    int count = list_numbers(folder, threads, 4096);
    for (int i = 0; i < count; i++)
        if (read_task(folder, threads[i], &task))
            add_thread(effort, folder, threads[i], &task);
}

/* This is looked at often: a process with one thread is that thread. */
struct effort measure(struct program *program)
{
    static struct members members;
    struct effort effort = {0};
    struct task task;

    find_members(program, &members);
    for (int i = 0; i < members.count; i++) {
        effort.processes += members.pids[i];
        if (!read_task(members.proc, members.pids[i], &task))
            continue;
        if (task.threads == 1)
            add_thread(&effort, members.proc, members.pids[i], &task);
        else
            add_threads(&effort, members.proc, members.pids[i]);
        effort.memory_mib += memory_mib(task.pages);
    }
    if (effort.held_up && trace_shows_stop(program))
        effort.held_up = false;
    effort.runnable |= effort.held_up;
    return effort;
}

struct idle_watch {
    struct program *program;
    struct effort last;
    double begin, ran, delayed; /* of the stretch that is looked at */
    int busy_stretches;
    bool spins, others_came;
};

/* A parent that reaps a child is called asleep while it still works at that:
 * wait sets the state before it looks for a child. The file syscall is not
 * there to read before its process has left the processor. */
static bool stands_still(struct program *program, const struct effort *last)
{
    static pid_t pids[MOST_PIDS];
    char proc[64], path[128], text[256];
    int count = list_processes(program, proc, pids, MOST_PIDS);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%d/syscall", proc, pids[i]);
        read_proc(path, text, sizeof text);
    }
    struct effort now = measure(program);
    return now.processes == last->processes && now.ran == last->ran &&
           !now.runnable;
}

/* Of the time in which the program could have run, how much did it use? Time
 * in which it was ready but others had the processor is left out, so the answer
 * is the same on a busy machine. What is left to do may take long in a
 * sanitizer's build: so, who spins has been busy for several stretches. Sums
 * fall when a process ends, so what a script has used that starts one after the
 * other is not in them; but it never stands still. */
static bool idle_known(void *arg)
{
    enum { SPINS = 3 };
    struct idle_watch *watch = arg;
    if (watch->program->ended)
        return true;
    struct effort now = measure(watch->program);
    if (now.threads == 0)
        return false; /* it does not run yet, or is about to be told ended */
    if (now.ran > watch->last.ran)
        watch->ran += now.ran - watch->last.ran;
    if (now.delayed > watch->last.delayed)
        watch->delayed += now.delayed - watch->last.delayed;
    watch->others_came |= now.processes != watch->last.processes;
    watch->last = now;
    double free_to_run = now_ms() - watch->begin - watch->delayed;
    if (watch->ran > 30 && watch->ran > 0.5 * free_to_run) {
        watch->spins = ++watch->busy_stretches >= SPINS;
        watch->begin = now_ms();
        watch->ran = watch->delayed = 0;
        return watch->spins;
    }
    return free_to_run > 15 && !now.runnable &&
           watch->ran < 0.2 * free_to_run && stands_still(watch->program, &now);
}

static bool goes_to_rest(struct program *program)
{
    struct idle_watch watch = {
        .program = program, .last = measure(program), .begin = now_ms()};
    bool known = wait_for(idle_known, &watch, -1, 0, 5) == WAITED_DONE;
    return !watch.spins && (known || !watch.others_came);
}

void let_work(struct program *program)
{
    goes_to_rest(program);
}

struct census take_census(struct program *program)
{
    let_work(program);
    return count_all(program);
}

void expect_idle(struct program *program, const char *when)
{
    if (goes_to_rest(program))
        return;
    fail_test(&(struct verdict){.expected =
                                    "a program that sleeps in the kernel until "
                                    "something happens",
                                .received = "is still running, and uses "
                                            "the processor"},
              "%s uses the processor %s: it goes round a loop instead of "
              "waiting.",
              program->name, when);
}

/* ---- Standing still ---- */

static bool frozen_or_waiting(void *arg)
{
    struct program *program = arg;
    struct task task;
    if (program->ended)
        return true;
    return program->pid && read_task("/proc", program->pid, &task) &&
           (task.state == 'T' ||
            (task.state == 't' &&
             (!trace.folder || trace_shows_stop(program))));
}

bool wait_frozen(struct program *program)
{
    return wait_for(frozen_or_waiting, program, -1, 0, 1) == WAITED_DONE &&
           !program->ended;
}

void freeze(struct program *program)
{
    send_signal(program, SIGSTOP);
    wait_frozen(program);
}

void thaw(struct program *program)
{
    send_signal(program, SIGCONT);
}
