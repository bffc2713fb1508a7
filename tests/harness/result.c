/* result.c: reading and writing result documents. */
#include "result.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

json_t *document_read(const char *path)
{
    json_error_t error;
    json_t *document = json_load_file(path, 0, &error);
    if (!document)
        fprintf(stderr, "%s: %s (line %d)\n", path, error.text, error.line);
    else if (!json_is_array(json_object_get(document, "tests"))) {
        fprintf(stderr, "%s: not a result document\n", path);
        json_decref(document);
        document = NULL;
    }
    return document;
}

/* Beside its place first, so that a full disk leaves the old one as it was. */
bool document_write(json_t *document, const char *path)
{
    char beside[4096];
    int length =
        snprintf(beside, sizeof beside, "%s.%d.new", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof beside) {
        fprintf(stderr, "%s: %s\n", path, strerror(ENAMETOOLONG));
        return false;
    }
    if (json_dump_file(document, beside,
                       JSON_INDENT(1) | JSON_REAL_PRECISION(8)) == 0 &&
        rename(beside, path) == 0)
        return true;
    fprintf(stderr, "%s: cannot write the result: %s\n", path, strerror(errno));
    unlink(beside);
    return false;
}
