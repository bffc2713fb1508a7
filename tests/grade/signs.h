/* signs.h: what in a source file a person should look at. */
#ifndef SIGNS_H
#define SIGNS_H

#include <jansson.h>

/* A list of sentences, such as "server.c line 12 has a function that runs
 * before main (constructor)." The files lie in the folder; a missing one says
 * nothing. The list is ended by a null. */
json_t *signs_in(const char *folder, const char *const *files);

/* A word that ends with * stands for all that begin so, one that begins with *
 * for all in which it is. The first that fits counts; a null sentence: all is
 * well. */
struct sign {
    const char *word, *sentence;
};

/* Ended by one without a word. */
extern const struct sign code_signs[], string_signs[];

#endif
