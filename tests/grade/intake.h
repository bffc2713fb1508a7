/* intake.h: what the files of intake share.
 *
 *     intake DIR CLASS LAB=file,file…
 *
 * reads what students handed in, which anybody may have made, and leaves the
 * files that are asked for in CLASS, which everything after it trusts:
 *
 *     CLASS/KEY/LAB/FILE       the files, regular, mode 0644
 *     CLASS/KEY/student.json   who that is, the files' digests, and notes
 *     CLASS/students.json      the keys, and notes about the whole of DIR
 *
 * DIR is looked at as one tree, in which archives are folders. Every entry goes
 * through take(), which finds the submission that it is of; names from DIR are
 * compared and shown, and never become a path to write to.
 *
 * Exit status: 0, 1 if CLASS cannot be written, 2 if there is nothing to read.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    FILE_LIMIT = 256 << 10,     /* bytes of a listed file */
    STUDENT_LIMIT = 4 << 20,    /* of all that are kept of a submission */
    ARCHIVE_LIMIT = 16 << 20,   /* of an archive that lies in another */
    UNPACKED_LIMIT = 256 << 20, /* of what must be unpacked to get on */
    ENTRY_LIMIT = 20000,        /* entries of a submission */
    FILES_LIMIT = 1000,         /* files of listed names of a submission */
    NESTED_LIMIT = 50,          /* archives of a submission */
    FOLDER_LIMIT = 32,          /* folders in folders */
    NAME_LIMIT = 255,           /* bytes of a name, as in a file system */
    PATH_LIMIT = 4096,
};

enum status { STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* ---- Labs: what is asked for ---- */

struct lab {
    char *name; /* "lab02-uppercase-echo" */
    int number;
    char **files; /* "server.c" */
    int count;
};

struct labs {
    struct lab *lab;
    int count;
};

/* ---- Entries: what is found ---- */

enum kind {
    FOUND_FILE, /* regular; its bytes are there if its name is listed */
    FOUND_ARCHIVE,
    FOUND_FOLDER,
    /* Told, and not taken: a tally each, and a sentence in intake_notes.c. */
    LEFT_OUT,
    LEFT_HEADER,
    LEFT_MAKEFILE,
    LEFT_CASE,
    LEFT_SYMLINK,
    LEFT_HARDLINK,
    LEFT_SPECIAL,
    LEFT_ABSOLUTE,
    LEFT_UPWARD,
    LEFT_LONG,
    LEFT_LARGE,
    LEFT_OVER,
    LEFT_ENCRYPTED,
    LEFT_DAMAGED,
    LEFT_UNREADABLE,
    LEFT_NESTED,
    LEFT_FOREIGN,
    LEFT_LAB,
    LEFT_LOOSE,
    LEFT_DEEP,
    LEFT_UNCLEAR,
    TWICE, /* taken: the last one */
    KINDS,
};

struct entry {
    enum kind kind;
    const char *path; /* from DIR on: "a.zip/lab02/server.c"; any bytes */
    const char *data; /* of a listed file, or null */
    uint64_t size;
    int depth; /* in so many archives */
};

enum go {
    GO_ON,
    GO_IN, /* read this archive, or folder */
    STOP,  /* no more of this submission */
};

/* ---- Submissions and students ---- */

struct tally {
    int count;
    char *names[3]; /* the first ones */
};

struct notes {
    char **text;
    int count;
};

/* A file of a listed name. */
struct candidate {
    char *path; /* inside the submission: "labs/lab02-…/server.c" */
    size_t size;
    off_t at; /* of its bytes in the spool */
    char sha256[65];
    int lab;  /* or NO_LAB, OTHER_LAB */
    int rank; /* how surely; smaller is surer */
};

/* What one item of DIR, or of a Moodle download in it, holds. */
struct submission {
    char *where;     /* path from DIR on */
    char *container; /* the download in DIR that it lies in, or "" */
    char *name;      /* of the student, as it was found */
    char *id;        /* Moodle's number, or null */
    char *hint;      /* a name that may tell the lab, of this student's, … */
    char *shared;    /* … or of the download, */
    int depth;       /* which lies in so many archives */
    int entries, archives, events;
    size_t bytes;
    struct candidate *files;
    int count;
    struct tally tallies[KINDS];
    struct notes notes;
    bool dropped;
};

struct taken {
    int lab;
    const char *file;
    const struct candidate *from;
};

struct student {
    char *who, *key;
    struct submission **parts;
    int count;
    struct taken *taken;
    int taken_count;
    struct notes notes;
};

/* What an archive that is DIR itself has at its top. */
struct tops {
    char *first, *second; /* the first name, and the first one in that */
    bool several, several_inside;
    bool is_student; /* the top is what one student hands in … */
    bool holds_labs; /* … or the one folder there is */
};

struct intake {
    struct labs labs;
    const char *dir, *class;
    int class_fd;
    char *name; /* of DIR itself */
    enum go (*take)(struct intake *, const struct entry *);
    const char *stopped; /* where the submission lies that was too much */
    int strip;       /* so many folders lie around everything: an archive's */
    bool is_archive; /* DIR is one */
    bool single;     /* … of one submission alone */
    int spool;       /* a file without a name: the bytes of all candidates */
    off_t spooled;
    struct submission **submissions;
    int count, room;
    struct student *students;
    int student_count;
    struct submission whole; /* what is told of DIR itself */
    struct tops tops;
};

/* ---- intake.c ---- */
_Noreturn void fail(enum status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- intake_text.c ---- */
void *need(void *memory);
/* A new string. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Any bytes, readable: valid UTF-8 without control characters, and cut where it
 * gets too long. */
char *escaped(const char *bytes, int limit);
/* A name in a sentence. */
char *shown(const char *bytes);
/* What names a student: fit for a folder's name, at most 120 bytes. */
char *clean_name(const char *bytes);
/* a-z, 0-9 and "-" alone, with `digits` of the name's SHA-256. */
char *key_of(const char *who, int digits);
void note(struct notes *notes, const char *sentence);
void note_once(struct notes *notes, const char *sentence);
void tally(struct tally *tally, const char *name);
/* Adds a sentence for each kind of thing that was left. */
void note_tallies(struct notes *notes, const struct tally tallies[KINDS]);

/* ---- intake_labs.c ---- */
enum { NO_LAB = -1, OTHER_LAB = -2, AMBIGUOUS = -3 };
enum rank {
    IN_LABS,  /* labs/lab02/server.c */
    IN_LAB,   /* lab02/server.c */
    BELOW,    /* lab02/src/server.c */
    SPELLED,  /* Lab 2/server.c */
    HINTED,   /* what the submission is called */
    SHARED,   /* what the download is called */
    INFERRED, /* no other lab has such names */
};
void parse_lab(struct labs *labs, const char *word);
bool is_listed(const struct labs *labs, const char *name);
/* "server.c" for "Server.C"; null if there is none. */
const char *listed_otherwise(const struct labs *labs, const char *name);
/* The lab that a folder's or archive's name tells. */
int lab_named(const struct labs *labs, const char *part, bool *exactly);
/* For each file of the submission: which lab. */
void find_labs(const struct labs *labs, struct submission *submission);
const char *base_name(const char *path);
/* "lab02" */
char *short_name(const struct lab *lab);

/* ---- intake_folder.c, intake_archive.c: two ways to read a tree ---- */
enum go read_folder(struct intake *in, int fd, const char *path, int level);
enum go read_archive(struct intake *in, int fd, const char *path, int depth);
/* Length of a name without ".zip", ".tar.gz", …; 0 if it has no such end. */
size_t archive_stem(const char *name);
/* Is STOP meant for all that lies at `path`? */
bool is_stopped(const struct intake *in, const char *path);

/* ---- intake_sealed.c: the process that reads one archive ---- */
struct record {
    uint32_t kind; /* or RECORD_END */
    uint32_t path_size;
    uint64_t size, data_size;
};
enum { RECORD_END = KINDS };
enum { NOT_SEALED = 3 }; /* exit status: nothing was read */
/* Reads the archive on descriptor 0, writes records to descriptor 1. */
_Noreturn void sealed_reader(const struct labs *labs, bool roomy);

/* ---- intake_take.c ---- */
enum go take(struct intake *in, const struct entry *entry);
/* Of the archive at `path`: "is damaged". */
void tell(struct intake *in, const char *path, int depth, const char *said);
bool is_junk(const char *name);

/* ---- intake_moodle.c ---- */
struct moodle {
    char *name, *id;
    const char *rest; /* what follows in a name without folders, or "" */
};
bool moodle_parse(const char *part, struct moodle *found);
bool is_moodle(const char *part);
/* Which submission, and what of the path lies inside it; null for none. */
struct submission *route(struct intake *in, const struct entry *entry,
                         const char **inner);
/* Drops what was no submission after all. */
void settle(struct intake *in);

/* ---- intake_tops.c ---- */
/* Reads DIR, which is an archive. */
void read_whole_archive(struct intake *in, int fd);

/* ---- intake_people.c ---- */
void group(struct intake *in);

/* ---- intake_choose.c ---- */
void choose(struct intake *in, struct student *student);

/* ---- intake_store.c: files that are there whole or not at all ---- */
void store_open(struct intake *in);
off_t spool(struct intake *in, const void *data, size_t size);
int open_folder(int parent, const char *name);
void put_file(int folder, const char *name, const char *data, size_t size);
void put_json(int folder, const char *name, json_t *document);
void remove_all(int parent, const char *name);

/* ---- intake_class.c ---- */
/* Says how many labs there were. */
int store_student(struct intake *in, struct student *student);
void store_class(struct intake *in);

#endif
