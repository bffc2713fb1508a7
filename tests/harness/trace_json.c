/* trace_json.c: a recording's own account: recording.json. */
#include "inside.h"
#include "result.h"
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <wordexp.h>

/* Not every program that has the harness has pairings. */
#pragma weak suite_pairings

/* As it is where that is text, else with escapes. */
static json_t *text_json(const char *data, size_t size)
{
    enum { MOST = 4000 };
    size_t kept = size < MOST ? size : MOST;
    while (kept < size && kept && (data[kept] & 0xc0) == 0x80)
        kept--; /* not within a letter of UTF-8 */
    json_t *text = json_stringn(data ? data : "", kept);
    if (!text)
        return json_string(show_bytes(data, size, 0));
    if (kept == size)
        return text;
    json_t *cut = json_string(format("%s\n… %s", json_string_value(text),
                                     count_bytes(size - kept, "more")));
    json_decref(text);
    return cut;
}

static char *end_of(const struct program *program)
{
    int status = program->wait_status;
    if (!program->ended || program->stopped)
        return "still running when the recording ended";
    if (WIFSIGNALED(status))
        return format("signal %d (SIG%s)", WTERMSIG(status),
                      sigabbrev_np(WTERMSIG(status)));
    return format("exit status %d", WEXITSTATUS(status));
}

/* As the lab's pairings have it; who listens is "-l" in either. */
static const char *role_of(const struct launch *launch)
{
    bool client = strstr(launch->name, "client") != NULL;
    for (int i = 0; &suite_pairings && suite_pairings[i].title; i++) {
        const struct pairing *pair = &suite_pairings[i];
        if (pair->server && strcmp(pair->server, launch->name) == 0 &&
            (!pair->server_args[0] || pair->server_args[0][0] != '-' ||
             (launch->args[0] &&
              strcmp(pair->server_args[0], launch->args[0]) == 0)))
            return "server";
        if (pair->client && strcmp(pair->client, launch->name) == 0)
            client = true;
    }
    return client ? "client" : "server";
}

static const char *after_build(const char *folder)
{
    const char *found = strstr(folder, "/labs/");
    if (!found)
        found = strstr(folder, "/solutions/");
    return found ? found + 1 : folder;
}

bool is_python(const struct recorded *recorded)
{
    const struct launch *launch = &recorded->launch;
    const char *command = !launch->peer           ? ""
                          : !trace.server_command ? launch->peer[0]
                          : launch->far_end       ? trace.client_command
                                                  : trace.server_command;
    return strncmp(command, "python", 6) == 0 ||
           strcmp(command, "/usr/bin/python3") == 0;
}

/* Of a peer in Python the script. */
static const char *file_of(const struct recorded *recorded)
{
    const struct launch *launch = &recorded->launch;
    if (!launch->peer)
        return program_path(launch);
    return launch->peer[is_python(recorded)];
}

static void add_command_json(json_t *one, const struct recorded *recorded)
{
    const struct launch *launch = &recorded->launch;
    const char *file = file_of(recorded);
    const char *slash = strrchr(file, '/');
    json_t *argv = json_pack("[s]", launch->name);
    for (int i = 0; launch->args[i]; i++)
        json_array_append_new(
            argv, text_json(launch->args[i], strlen(launch->args[i])));
    json_object_set_new(one, "argv", argv);
    json_object_set_new(one, "file", json_string(file));
    json_object_set_new(one, "source",
                        json_string(after_build(format(
                            "%.*s", slash ? (int)(slash - file) : 0, file))));
    json_object_set_new(one, "language",
                        json_string(!launch->peer         ? "C"
                                    : is_python(recorded) ? "Python"
                                                          : "other"));
}

char *first_word(const char *command)
{
    wordexp_t words;
    if (wordexp(command, &words, WRDE_NOCMD) == 0 && words.we_wordc)
        return words.we_wordv[0];
    return format("%.*s", (int)strcspn(command, " "), command);
}

/* A command is a shell's: where it begins is what it says first. */
static void add_free_command_json(json_t *one, const char *command,
                                  bool is_python)
{
    char *word = first_word(command);
    char *file = realpath(word, NULL);
    if (!file && !strchr(word, '/'))
        file = realpath(format("/usr/bin/%s", word), NULL);
    char magic[5] = "";
    if (file)
        read_proc(file, magic, sizeof magic);
    json_object_set_new(one, "argv", json_pack("[s]", command));
    json_object_set_new(one, "file", json_string(file ? file : word));
    json_object_set_new(one, "source", json_null());
    json_object_set_new(
        one, "language",
        json_string(is_python ? "Python"
                    : strcmp(magic, "\177ELF") == 0 && strchr(word, '/')
                        ? "C"
                        : "other"));
}

json_t *recorded_json(const struct recorded *recorded, bool has_link)
{
    const struct launch *launch = &recorded->launch;
    size_t out, err;
    const char *output = output_of(recorded->program, &out);
    const char *errors = errors_of(recorded->program, &err);
    const char *role = trace.is_test     ? role_of(launch)
                       : launch->far_end ? "client"
                                         : "server";
    json_t *one = json_pack(
        "{s:s, s:s, s:s, s:s?, s:s, s:o, s:o, s:o}", "name",
        recorded->program->label, "role", role, "address",
        !has_link         ? "127.0.0.1"
        : launch->far_end ? CLIENT_ADDRESS
                          : SERVER_ADDRESS,
        "calls", recorded->calls, "exit", end_of(recorded->program), "stdin",
        text_json(recorded->input.data, recorded->input.size), "stdout",
        text_json(output, out), "stderr", text_json(errors, err));
    if (trace.server_command)
        add_free_command_json(
            one, launch->far_end ? trace.client_command : trace.server_command,
            is_python(recorded));
    else
        add_command_json(one, recorded);
    return one;
}

/* ---- Once all is over ---- */

/* Of a test its verdict; of a pair that did not come to its end, why. */
static void add_outcome(json_t *recording, json_t *test)
{
    json_t *status = json_object_get(test, "status");
    json_t *reason = json_object_get(test, "reason");
    if (trace.is_test) {
        json_object_set_new(recording, "test",
                            json_pack("{s:O, s:O, s:O, s:O?, s:I}", "id",
                                      json_object_get(test, "id"), "title",
                                      json_object_get(test, "title"), "status",
                                      status, "reason", reason, "seed",
                                      (json_int_t)config.seed));
    } else if (json_is_string(reason)) {
        json_t *notes = json_object_get(recording, "notes");
        json_array_append(notes, reason);
        if (trace.pair && !trace.server_in_python &&
            json_array_size(json_object_get(recording, "programs")) == 1)
            json_array_append_new(
                notes, json_string("SERVER=python puts the Python peer in the "
                                   "server's place."));
    }
}

bool trace_finish(json_t *document)
{
    const char *path = format("%s/recording.json", trace.folder);
    json_t *test = json_array_get(json_object_get(document, "tests"), 0);
    json_t *recording = json_load_file(path, 0, NULL);
    /* A program that is not there, or does not compile. */
    if (json_array_size(json_object_get(recording, "programs")) == 0) {
        fprintf(stderr, "Nothing was recorded: %s\n",
                json_string_value(json_object_get(test, "reason")));
        return false;
    }
    add_outcome(recording, test);
    bool written = document_write(recording, path);
    json_decref(recording);
    struct statvfs disk; /* strace does not say that it could not write */
    if (written && statvfs(path, &disk) == 0 && disk.f_bavail == 0) {
        fprintf(stderr, "The disk is full: the recording is not whole.\n");
        return false;
    }
    return written;
}
