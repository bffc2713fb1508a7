/* kit.h: what the kit's own tests share. They are written in the notation of
 * harness.h and use Check's assertions. */
#ifndef KIT_H
#define KIT_H

#include "harness.h"

#include <jansson.h>

/* Where things are built: "build", or what the environment's KIT_BUILD says. */
const char *build_folder(void);

/* Runs a shell command and returns what it wrote to stdout and stderr; its exit
 * status goes to `status` (128 + signal if it was killed). */
char *run_shell(int *status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A new empty folder below the build folder, and its absolute path. */
char *new_folder(const char *name);

/* The labs that have a suite: "lab01-first-connection", … ended by a null. */
char **labs_with_suite(void);

/* The whole text of a file; null if it cannot be read. */
char *file_text(const char *path);

#endif
