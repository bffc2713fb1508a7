/* intake_text.c: names that anybody may have chosen, made fit to be shown, to
 * be a folder's name, to be a key. */
#include "intake.h"

#include <ctype.h>
#include <sha256.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WHO_LIMIT = 120, SHOWN_LIMIT = 100, SLUG_LIMIT = 40, NOTE_LIMIT = 60 };

void *need(void *memory)
{
    if (!memory)
        fail(STATUS_FAILED,
             "There is not enough memory to read the submissions.");
    return memory;
}

char *text(const char *format, ...)
{
    char *made;
    va_list args;
    va_start(args, format);
    if (vasprintf(&made, format, args) < 0)
        made = NULL;
    va_end(args);
    return need(made);
}

/* Bytes of the character at `s`, and its code; 0 if that is no UTF-8. */
static size_t character(const char *s, uint32_t *code)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t size = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    if (u[0] >= 0xf8 || (u[0] >= 0x80 && u[0] < 0xc2))
        return 0;
    *code = size == 1 ? u[0] : u[0] & (0xff >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (u[i] & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code < 0xe000;
    return *code < least[size] || *code > 0x10ffff || surrogate ? 0 : size;
}

/* Characters that steer a terminal or turn the line around, and what looks like
 * nothing. */
static bool is_printable(uint32_t code)
{
    return !(code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad ||
             code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
             (code >= 0x2028 && code <= 0x202e) ||
             (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
             (code >= 0xfff0 && code <= 0xffff) || code >= 0xe0000);
}

char *escaped(const char *bytes, int limit)
{
    char *out = need(malloc(limit + 64)), *to = out;
    uint32_t code = 0;

    for (const char *s = bytes; *s;) {
        if (to - out >= limit) {
            sprintf(to, "… (%zu bytes more)", strlen(s));
            return out;
        }
        size_t size = character(s, &code);
        if (size == 0) {
            to += sprintf(to, "\\x%02x", (unsigned char)*s++);
        } else if (!is_printable(code)) {
            to += sprintf(to, code < 0x100 ? "\\x%02x" : "\\u{%x}", code);
            s += size;
        } else {
            memcpy(to, s, size);
            to += size;
            s += size;
        }
    }
    *to = '\0';
    return out;
}

/* A name with spaces in it could read like a part of the sentence. */
char *shown(const char *bytes)
{
    char *name = escaped(bytes, SHOWN_LIMIT), *quoted;
    bool plain = *name != '\0';

    for (const char *s = name; *s; s++)
        plain &=
            isalnum((unsigned char)*s) || strchr("._-/+~\\", *s) || (*s & 0x80);
    if (plain)
        return name;
    for (char *s = name; (s = strchr(s, '"')) != NULL;)
        *s = '\'';
    quoted = text("\"%s\"", name);
    free(name);
    return quoted;
}

/* The class's own files lie beside the students' folders. */
static bool looks_like_a_file(const char *name)
{
    static const char *const ends[] = {".html", ".csv", ".json", ".zip",
                                       ".new"};
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (size >= strlen(ends[i]) &&
            strcasecmp(name + size - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

char *clean_name(const char *bytes)
{
    char *out = need(malloc(WHO_LIMIT + 8)), *to = out;
    uint32_t code = 0;

    while (*bytes == ' ')
        bytes++;
    for (const char *s = bytes; *s && to - out < WHO_LIMIT;) {
        size_t size = character(s, &code);
        if (size == 0 || !is_printable(code) || code == '/') {
            *to++ = '_';
            s += size ? size : 1;
        } else if (to - out + size > WHO_LIMIT) {
            break;
        } else {
            memcpy(to, s, size);
            to += size;
            s += size;
        }
    }
    while (to > out && to[-1] == ' ')
        to--;
    if (to == out)
        *to++ = '_';
    *to = '\0';
    if (*out == '.' || *out == '-')
        *out = '_';
    if (looks_like_a_file(out))
        *strrchr(out, '.') = '_';
    return out;
}

char *key_of(const char *who, int digits)
{
    char hash[SHA256_DIGEST_STRING_LENGTH], slug[SLUG_LIMIT + 1], *to = slug;

    SHA256Data((const uint8_t *)who, strlen(who), hash);
    for (const char *s = who; *s && to - slug < SLUG_LIMIT; s++) {
        char c = *s >= 'A' && *s <= 'Z' ? *s + 'a' - 'A' : *s;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            *to++ = c;
        else if (to > slug && to[-1] != '-')
            *to++ = '-';
    }
    while (to > slug && to[-1] == '-')
        to--;
    *to = '\0';
    return text("%s-%.*s", to > slug ? slug : "x", digits, hash);
}

void note(struct notes *notes, const char *sentence)
{
    if (notes->count == NOTE_LIMIT)
        sentence = "There is more to tell, which is left out here.";
    if (notes->count > NOTE_LIMIT)
        return;
    notes->text =
        need(realloc(notes->text, (notes->count + 1) * sizeof *notes->text));
    notes->text[notes->count++] = text("%s", sentence);
}

void note_once(struct notes *notes, const char *sentence)
{
    for (int i = 0; i < notes->count; i++)
        if (strcmp(notes->text[i], sentence) == 0)
            return;
    note(notes, sentence);
}
