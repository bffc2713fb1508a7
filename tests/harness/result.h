/* result.h: the result document, and the views of it. The document is the one
 * source; no view computes a grade of its own. README.md in tests/ describes
 * its fields. */
#ifndef RESULT_H
#define RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints a lab's document for a student's terminal. `colour` where the stream
 * is a terminal. A document of one test shows that test whole. */
void terminal_print(FILE *out, json_t *document, bool colour);

/* One test as a block: what failed, what was seen, what to read. */
void terminal_print_test(FILE *out, json_t *test, bool colour);

/* May colour be used on this stream? Not if NO_COLOR is set; no-color.org. */
bool terminal_has_colour(FILE *out);

/* Reads a document; null and a message on stderr if it is none. */
json_t *document_read(const char *path);

/* Writes it whole or not at all; false and a message on stderr if it cannot. */
bool document_write(json_t *document, const char *path);

#endif
