/* intake_class.c: a student's folder in CLASS, and the list of them all. What
 * is not in DIR any more goes; published grades are not here, and stay. */
#include "intake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a compiler will stumble over is said beforehand. */
static void note_content(struct student *student, const struct lab *lab,
                         const char *file, const unsigned char *data,
                         size_t size)
{
    const char *what = NULL;

    if (size == 0)
        what = "is empty";
    else if (size >= 2 && ((data[0] == 0xff && data[1] == 0xfe) ||
                           (data[0] == 0xfe && data[1] == 0xff)))
        what = "is UTF-16, which no C compiler reads: it has to be saved as "
               "UTF-8";
    else if (memchr(data, 0, size))
        what = "holds bytes of value 0: that is no source text";
    if (what)
        note(&student->notes, text("%s: %s %s.", short_name(lab), file, what));
}

static json_t *put_taken(struct intake *in, struct student *student,
                         const struct taken *taken, int folder)
{
    size_t size = taken->from->size;
    char *data = need(malloc(size + 1));

    if (pread(in->spool, data, size, taken->from->at) != (ssize_t)size)
        fail(STATUS_FAILED,
             "What was read of the submissions cannot be read "
             "again: %s.",
             strerror(errno));
    note_content(student, &in->labs.lab[taken->lab], taken->file,
                 (unsigned char *)data, size);
    put_file(folder, taken->file, data, size);
    free(data);
    return json_pack("{s:s, s:I, s:s}", "name", taken->file, "size",
                     (json_int_t)size, "sha256", taken->from->sha256);
}

static void remove_others(struct student *student, int number, int folder)
{
    int again = dup(folder);
    DIR *listing = again < 0 ? NULL : fdopendir(again);
    struct dirent *entry;

    while (listing && (entry = readdir(listing)) != NULL) {
        bool keep =
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        for (int i = 0; i < student->taken_count && !keep; i++)
            keep = student->taken[i].lab == number &&
                   strcmp(student->taken[i].file, entry->d_name) == 0;
        if (!keep)
            remove_all(folder, entry->d_name);
    }
    if (listing)
        closedir(listing);
}

/* The files of one lab; null if there are none, and then no result either. */
static json_t *put_lab(struct intake *in, struct student *student, int number,
                       int home)
{
    const char *name = in->labs.lab[number].name;
    json_t *files = NULL;
    int folder = -1;

    for (int i = 0; i < student->taken_count; i++) {
        if (student->taken[i].lab != number)
            continue;
        if (!files) {
            files = json_array();
            folder = open_folder(home, name);
            remove_others(student, number, folder);
        }
        json_array_append_new(
            files, put_taken(in, student, &student->taken[i], folder));
    }
    if (files) {
        close(folder);
    } else {
        remove_all(home, name);
        char *result = text("%s.json", name);
        remove_all(home, result);
        free(result);
    }
    return files;
}

static json_t *strings(const struct notes *notes)
{
    json_t *array = json_array();
    for (int i = 0; i < notes->count; i++)
        json_array_append_new(array, json_string(notes->text[i]));
    return array;
}

/* Moodle has another number for the same person in each assignment. */
static json_t *ids_of(const struct student *student)
{
    json_t *ids = json_array();
    for (int i = 0; i < student->count; i++) {
        const char *id = student->parts[i]->id;
        size_t known;
        json_t *there;
        bool is_new = id != NULL;
        json_array_foreach(ids, known, there) is_new &=
            id && strcmp(json_string_value(there), id) != 0;
        if (is_new)
            json_array_append_new(ids, json_string(id));
    }
    return ids;
}

int store_student(struct intake *in, struct student *student)
{
    int home = open_folder(in->class_fd, student->key), count = 0;
    json_t *labs = json_object(), *ids = ids_of(student);
    char *source = escaped(student->parts[0]->where, PATH_LIMIT);

    for (int i = 0; i < in->labs.count; i++) {
        json_t *files = put_lab(in, student, i, home);
        count += files != NULL;
        if (files)
            json_object_set_new(labs, in->labs.lab[i].name, files);
    }
    for (int i = 1; i < student->count; i++)
        source = text("%s, %s", source,
                      escaped(student->parts[i]->where, PATH_LIMIT));
    json_t *first = json_array_get(ids, 0);
    put_json(home, "student.json",
             json_pack("{s:s, s:s, s:O?, s:o, s:s, s:o, s:o}", "who",
                       student->who, "key", student->key, "id", first, "ids",
                       ids, "source", source, "labs", labs, "notes",
                       strings(&student->notes)));
    close(home);
    return count;
}

/* "student-07-1a2b3c4d" */
static bool is_key(const char *name)
{
    const char *dash = strrchr(name, '-');
    return dash && strspn(dash + 1, "0123456789abcdef") == strlen(dash + 1) &&
           strlen(dash + 1) >= 8 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
               strlen(name);
}

static int by_key(const void *key, const void *student)
{
    return strcmp(key, *(char *const *)student);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void store_class(struct intake *in)
{
    char **keys = need(calloc(in->student_count + 1, sizeof *keys));
    json_t *list = json_array();
    int again = dup(in->class_fd);
    DIR *listing = again < 0 ? NULL : fdopendir(again);
    struct dirent *entry;

    for (int i = 0; i < in->student_count; i++) {
        keys[i] = in->students[i].key;
        json_array_append_new(list, json_string(keys[i]));
    }
    put_json(in->class_fd, "students.json",
             json_pack("{s:o, s:o}", "keys", list, "notes",
                       strings(&in->whole.notes)));
    qsort(keys, in->student_count, sizeof *keys, by_bytes);
    while (listing && (entry = readdir(listing)) != NULL)
        if (is_key(entry->d_name) &&
            !bsearch(entry->d_name, keys, in->student_count, sizeof *keys,
                     by_key))
            remove_all(in->class_fd, entry->d_name);
    if (listing)
        closedir(listing);
    free(keys);
}
