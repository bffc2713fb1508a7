/* suite.h: what the tests of the server and of the client share. */
#ifndef SUITE_H
#define SUITE_H

#include "harness.h"

/* A copy in upper case. ASCII alone: toupper would ask the locale. */
char *upper(const void *data, size_t size);

#endif
