/* run.h: the parts of run.c, which runs a lab on the simulated board. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdio.h>

#include "net.h"

/* ---- folder.c ---- */

/* Makes the folder in which everything of this run lies: BUILD/NAME, or, where
 * its name is too long for a socket's address, one in $TMPDIR. It is nobody
 * else's, and one run has it at a time. Ends the program on failure. Returns
 * its whole path, if build is a whole path. */
const char *folder_make(const char *build, const char *name);

/* Puts the launcher there, and beside it for each other program a script that
 * becomes that program, with what it prints going to NAME.log. */
void folder_fill(const char *folder, const char *programs);

/* Removes it and all that is in it. */
void folder_remove(const char *folder);

/* folder/name, in memory that stays until the program ends. */
char *folder_path(const char *folder, const char *name);

/* ---- logs.c ---- */

/* What a program prints, line by line. */
struct source {
    const char *name;
    int fd;    /* -1: over */
    int board; /* the connection over which the board hears of it; or -1 */
    struct net_reader reader;
    char buffer[4096];
};

/* Reads from fd from now on, without ever waiting, and tells the board, if one
 * is named. */
void source_init(struct source *source, const char *name, int fd,
                 const char *board);

/* The same for a FIFO that it makes: folder/NAME.log. */
void source_make(struct source *source, const char *name, const char *folder,
                 const char *board);

/* Prints the lines that are there, each with the program's name before it. */
void source_print(struct source *source, FILE *to);

#endif
