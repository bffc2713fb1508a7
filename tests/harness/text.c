/* text.c: bytes made readable, and never cut without saying so. */
#include "inside.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *need(void *memory)
{
    if (!memory)
        broken("out of memory");
    return memory;
}

char *vformat(const char *format, va_list args)
{
    char *text;
    if (vasprintf(&text, format, args) < 0)
        broken("out of memory");
    return text;
}

char *format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = vformat(format, args);
    va_end(args);
    return text;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    if (buffer->size + size + 1 > buffer->room) {
        buffer->room = (buffer->size + size + 1) * 2;
        buffer->data = need(realloc(buffer->data, buffer->room));
    }
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

static void add_escaped(struct buffer *out, unsigned char byte)
{
    static const char named[] = "\n\r\t\\\"", letters[] = "nrt\\\"";
    char text[5];
    const char *found = byte ? strchr(named, byte) : NULL;

    if (found)
        snprintf(text, sizeof text, "\\%c", letters[found - named]);
    else if (byte == 0)
        snprintf(text, sizeof text, "\\0");
    else if (byte < 0x20 || byte >= 0x7f)
        snprintf(text, sizeof text, "\\x%02x", byte);
    else
        snprintf(text, sizeof text, "%c", byte);
    buffer_text(out, text);
}

char *show_count(size_t n)
{
    char digits[32];
    struct buffer out = {0};
    int length = snprintf(digits, sizeof digits, "%zu", n);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            buffer_text(&out, ",");
        buffer_add(&out, &digits[i], 1);
    }
    return out.data;
}

char *count_bytes(size_t n, const char *then)
{
    return format("%s byte%s%s", show_count(n), n == 1 ? "" : "s", then);
}

enum { SHOWN_BYTES = 200, SHOWN_BEFORE = 40 };

/* Bytes from..to of size. */
static char *show_piece(const unsigned char *bytes, size_t from, size_t to,
                        size_t size)
{
    struct buffer out = {0};
    if (from)
        buffer_text(&out, format("(%s bytes) … ", show_count(from)));
    buffer_text(&out, "\"");
    for (size_t i = from; i < to; i++)
        add_escaped(&out, bytes[i]);
    buffer_text(&out, "\"");
    if (to < size)
        buffer_text(&out, format(" … (%s more)", show_count(size - to)));
    return out.data;
}

char *show_start(const void *data, size_t kept, size_t size)
{
    return show_piece(data, 0, kept < SHOWN_BYTES ? kept : SHOWN_BYTES, size);
}

char *show_bytes(const void *data, size_t size, size_t focus)
{
    size_t from = 0, to = size;

    if (size == 0)
        return format("nothing (0 bytes)");
    if (size > SHOWN_BYTES) {
        from = focus > SHOWN_BEFORE ? focus - SHOWN_BEFORE : 0;
        if (from > size - SHOWN_BYTES)
            from = size - SHOWN_BYTES;
        to = from + SHOWN_BYTES;
    }
    return show_piece(data, from, to, size);
}

char *show_line(const char *text)
{
    enum { SHOWN = 400 };
    struct buffer out = {0};
    size_t length = strcspn(text, "\n");
    buffer_text(&out, "");
    for (size_t i = 0; i < length && i < SHOWN; i++)
        if (text[i] == '"' || text[i] == '\\')
            buffer_add(&out, &text[i], 1);
        else
            add_escaped(&out, text[i]);
    if (length > SHOWN)
        buffer_text(&out, format(" … (%s more)", show_count(length - SHOWN)));
    return out.data;
}

size_t common_prefix(const void *a, size_t a_size, const void *b, size_t b_size)
{
    const char *left = a, *right = b;
    size_t shorter = a_size < b_size ? a_size : b_size, i = 0;
    while (i < shorter && left[i] == right[i])
        i++;
    return i;
}
