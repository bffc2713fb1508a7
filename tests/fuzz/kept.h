/* kept.h: the harness keeps what it allocates until the test ends, and so the
 * process. Here one process tries a million inputs: what the files that are
 * included after this one allocate is freed by free_kept. */
#ifndef KEPT_H
#define KEPT_H

#include "fuzz.h"

#include <stdarg.h>

static void **kept;
static size_t kept_count;

static void *keep(void *memory)
{
    if (kept_count % 64 == 0) {
        void **more = realloc(kept, (kept_count + 64) * sizeof *kept);
        if (more == NULL)
            abort();
        kept = more;
    }
    if (memory == NULL)
        abort();
    kept[kept_count++] = memory;
    return memory;
}

static void forget(void *memory)
{
    for (size_t i = 0; i < kept_count; i++)
        if (kept[i] == memory)
            kept[i] = NULL;
}

static inline void *keep_malloc(size_t size)
{
    return keep(malloc(size));
}

static inline void *keep_calloc(size_t count, size_t size)
{
    return keep(calloc(count, size));
}

static inline void *keep_realloc(void *memory, size_t size)
{
    forget(memory);
    return keep(realloc(memory, size));
}

static inline void keep_free(void *memory)
{
    forget(memory);
    free(memory);
}

static inline int keep_vasprintf(char **text, const char *format, va_list args)
{
    int size = vasprintf(text, format, args);

    keep(*text);
    return size;
}

static void free_kept(void)
{
    for (size_t i = 0; i < kept_count; i++)
        free(kept[i]);
    free(kept);
    kept = NULL;
    kept_count = 0;
}

#define malloc keep_malloc
#define calloc keep_calloc
#define realloc keep_realloc
#define free keep_free
#define vasprintf keep_vasprintf

#endif
