/* memory.c: how much memory a program uses, and whether all of it has gone. */
#include "inside.h"

#include <stdio.h>
#include <unistd.h>

enum { MOST_PIDS = 4096 };

/* "size resident shared …" in pages (proc(5)). Shared are the files that it is
 * made of. */
size_t memory_in_use(struct program *program)
{
    static pid_t pids[MOST_PIDS];
    char proc[64], path[128];
    size_t pages = 0;
    int count = list_processes(program, proc, pids, MOST_PIDS);
    for (int i = 0; i < count; i++) {
        size_t resident, shared;
        snprintf(path, sizeof path, "%s/%d/statm", proc, pids[i]);
        FILE *file = fopen(path, "re");
        if (file && fscanf(file, "%*u %zu %zu", &resident, &shared) == 2)
            pages += resident - shared;
        if (file)
            fclose(file);
    }
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static bool program_gone(void *program)
{
    return is_gone(program);
}

bool gone_within(struct program *program, int ms)
{
    return wait_within(ms, program_gone, program, NULL, NULL);
}
