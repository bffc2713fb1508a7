/* drive.h: what the two mains of this lab share: the plan that they read from
 * the command line, and the callbacks that follow it.
 *
 * They run in the cell, together with the student's file, and only say what
 * happened; the tests outside judge. Each line of theirs on stdout begins with
 * the plan's mark, so that nobody takes a line of the library for one of them:
 *
 *     on_receive 5 hello     its size, and the bytes, escaped where need be
 *     on_send 1024           the room that it was told of
 *     descriptors +0         open now, beyond those at the start of the call
 *
 *     user_data: …           words on one that is not the call's
 *     wrong: …               words on what should never be
 */
#ifndef DRIVE_H
#define DRIVE_H

#define _GNU_SOURCE /* memmem */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tcp_interface.h"

/* There in a build for AddressSanitizer, which guards the buffer's end itself.
 */
void __asan_init(void) __attribute__((weak));
/* Bytes behind the buffer that nobody may change. */
#define GUARD (__asan_init ? 0 : 4096)

struct plan {
    const char *mark;
    int size;            /* of the buffer that the library is told of */
    int timeout_ms;      /* as in the library */
    int calls;           /* how many; 0: without end */
    const char *until;   /* is_complete: these bytes are there; null: unset */
    int yes;             /* what it returns then */
    const char *receive; /* what on_receive returns; "unset" */
    const char *send;    /* what on_send returns; "unset" */
    const char *say;     /* what it sends; null: what came, backwards */
    size_t say_size;
    const char *claim;    /* how much it says that is; null: as much as it is */
    const char *missing;  /* what the call is not given, or null */
    char *buffer, *guard; /* the guard lies behind the buffer */
    char *heard;          /* what on_receive was given */
    int heard_size;
    bool complained; /* of a user_data: once is enough */
};

/* The plan of this process, which the callbacks find as their user_data. */
static struct plan plan;

static void tell_result(const char *call, bool result)
{
    printf("%s%s %s\n", plan.mark, call, result ? "true" : "false");
}

/* ---- The callbacks ---- */

static void tell_wrong(const char *words)
{
    printf("%swrong: %s\n", plan.mark, words);
}

/* Is the callback called as it should be? */
static bool check_call(const char *callback, int size, const void *user_data)
{
    char words[80];

    if (user_data != &plan && !plan.complained)
        plan.complained = printf(
            "%suser_data: %s's user_data is not what the call was given\n",
            plan.mark, callback);
    if (size >= 0 && size <= plan.size)
        return true;
    snprintf(words, sizeof words,
             "%s is told of %d bytes, and the buffer has %d", callback, size,
             plan.size);
    tell_wrong(words);
    return false;
}

static void print_escaped(const char *bytes, int size)
{
    for (int i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= ' ' && c < 0x7f && c != '\\')
            putchar(c);
        else
            printf("\\x%02x", c);
    }
}

static int on_receive(char *buffer, int size, void *user_data)
{
    if (!check_call("on_receive", size, user_data))
        return 1;
    printf("%son_receive %d%s", plan.mark, size, size > 0 ? " " : "");
    print_escaped(buffer, size);
    putchar('\n');
    memcpy(plan.heard, buffer, (size_t)size);
    plan.heard_size = size;
    return atoi(plan.receive);
}

static int on_send(char *buffer, int *size, void *user_data)
{
    int room = *size;

    printf("%son_send %d\n", plan.mark, room);
    if (!check_call("on_send", room, user_data))
        return 1;
    if (plan.say != NULL) {
        *size = plan.say_size < (size_t)room ? (int)plan.say_size : room;
        memcpy(buffer, plan.say, (size_t)*size);
    } else {
        *size = plan.heard_size;
        for (int i = 0; i < *size; i++)
            buffer[i] = plan.heard[*size - 1 - i];
    }
    if (plan.claim != NULL)
        *size = atoi(plan.claim);
    return atoi(plan.send);
}

static int is_complete(const char *buffer, int size, void *user_data)
{
    if (!check_call("is_complete", size, user_data))
        return 1;
    return memmem(buffer, (size_t)size, plan.until, strlen(plan.until))
               ? plan.yes
               : 0;
}

static TCP_Callback_t callbacks(void)
{
    TCP_Callback_t cb = {.on_send = on_send, .on_receive = on_receive};

    if (strcmp(plan.send, "unset") == 0)
        cb.on_send = NULL;
    if (strcmp(plan.receive, "unset") == 0)
        cb.on_receive = NULL;
    if (plan.until != NULL)
        cb.is_complete = is_complete;
    return cb;
}

/* ---- Around the calls ---- */

/* Asks for each by its number: to open /proc/self/fd would take one, and there
 * may be none. By a call that make trace does not show. */
static int count_descriptors(void)
{
    enum { MOST = 1024 }; /* that a cell allows */
    struct stat what;
    int count = 0;

    for (int fd = 0; fd < MOST; fd++)
        count += fstat(fd, &what) == 0;
    return count;
}

static bool is_missing(const char *what)
{
    return plan.missing != NULL && strcmp(plan.missing, what) == 0;
}

/* After a call: what is open beyond what was, and is the guard untouched? */
static void check_after(int descriptors_before)
{
    printf("%sdescriptors %+d\n", plan.mark,
           count_descriptors() - descriptors_before);
    for (int i = 0; i < GUARD; i++)
        if (plan.guard[i] != '#') {
            tell_wrong("bytes behind the buffer were changed");
            break;
        }
}

/* ---- The command line: KEY=VALUE, in any order ---- */

static char *read_input(size_t *size)
{
    size_t room = 0, got;
    char *text = NULL;

    *size = 0;
    do {
        room = room * 2 + 4096;
        text = realloc(text, room);
        if (text == NULL)
            err(3, "realloc");
        got = fread(text + *size, 1, room - *size, stdin);
        *size += got;
    } while (*size == room);
    return text;
}

static bool take_option(char *text)
{
    const struct {
        const char *key;
        const char **string;
        int *number;
    } keys[] = {
        {"mark=", &plan.mark, NULL},
        {"size=", NULL, &plan.size},
        {"timeout=", NULL, &plan.timeout_ms},
        {"calls=", NULL, &plan.calls},
        {"until=", &plan.until, NULL},
        {"yes=", NULL, &plan.yes},
        {"receive=", &plan.receive, NULL},
        {"send=", &plan.send, NULL},
        {"say=", &plan.say, NULL},
        {"claim=", &plan.claim, NULL},
        {"missing=", &plan.missing, NULL},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t length = strlen(keys[i].key);
        if (strncmp(text, keys[i].key, length) != 0)
            continue;
        if (keys[i].string != NULL)
            *keys[i].string = text + length;
        else
            *keys[i].number = atoi(text + length);
        return true;
    }
    return false;
}

/* Returns false if the command line is not understood. "say=-": stdin. */
static bool make_plan(char **options, const struct plan *defaults)
{
    plan = *defaults;
    for (; *options != NULL; options++)
        if (!take_option(*options))
            return false;
    if (plan.say != NULL)
        plan.say_size = strlen(plan.say);
    if (plan.say != NULL && strcmp(plan.say, "-") == 0)
        plan.say = read_input(&plan.say_size);

    size_t size = plan.size > 0 ? (size_t)plan.size : 0;
    plan.buffer = malloc(size + GUARD);
    plan.heard = malloc(size + 1);
    if (plan.buffer == NULL || plan.heard == NULL)
        err(3, "malloc");
    plan.guard = plan.buffer + size;
    memset(plan.buffer, '.', size);
    memset(plan.guard, '#', GUARD);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return true;
}

#endif
