/* compile.h: compiles what a student handed in, in a cell of its own. */
#ifndef GRADE_COMPILE_H
#define GRADE_COMPILE_H

#include <stdbool.h>

/* One lab of one student. All paths are relative to the kit's folder, or
 * absolute. */
struct handed_in {
    const char *folder; /* its files lie in folder/LAB/, the student's other
                           labs beside that */
    const char *lab;
    const char *build; /* the kit's build folder */
    const char *work;  /* an empty folder, for what is made on the way */
};

/* What a lab's recipe (make writes it) says: the programs' shell script is its
 * whole text; comments tell what the script needs. */
struct recipe {
    const char *path;
    const char **kit;       /* paths of the kit, ended by a null */
    const char **handed_in; /* "LAB/server.c", ended by a null */
    const char *library;    /* "labs/lab09-callbacks", or null */
};

/* Those files of the recipe that the student handed in. Ends the process where
 * there is no recipe. The caller owns nothing: it lives as long as the process.
 */
struct recipe read_recipe(const struct handed_in *from);

/* Runs the recipe and returns the folder of the programs: what compiled, and of
 * the rest NAME.log, what the compiler said. Only regular files are in it, and
 * nobody but us may write there. */
const char *compile(const struct handed_in *from, const struct recipe *recipe);

/* Removes a folder and all in it, and follows no links. */
bool remove_folder(const char *path);

#endif
