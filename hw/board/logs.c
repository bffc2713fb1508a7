/* logs.c: what the programs of a run print: to the terminal, each line with a
 * name before it, and to the board, whose watchers show it among the rest.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "run.h"

static int call_board(const char *path, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char hello[80];

    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, path);
    snprintf(hello, sizeof hello, "hello %.60s\n", name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        net_send_all(fd, hello, strlen(hello)) == 0)
        return fd;
    close(fd);
    return -1;
}

void source_init(struct source *source, const char *name, int fd,
                 const char *board)
{
    *source = (struct source){.name = name, .fd = fd, .board = -1};
    net_reader_init(&source->reader, fd, source->buffer, sizeof source->buffer);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
        err(1, "fcntl");
    if (board != NULL)
        source->board = call_board(board, name);
}

/* Opened for writing too, it has no end when its program has one, or before
 * that begins. */
void source_make(struct source *source, const char *name, const char *folder,
                 const char *board)
{
    char file[64];

    snprintf(file, sizeof file, "%s.log", name);
    const char *path = folder_path(folder, file);
    unlink(path);
    if (mkfifo(path, 0600) == -1)
        err(1, "%s", path);
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1)
        err(1, "%s", path);
    source_init(source, name, fd, board);
}

/* Never waits: a note that the board does not take at once is lost. */
static void tell_board(const struct source *source, const char *line,
                       size_t length)
{
    char note[1024] = "note ", answers[1024];
    size_t end = strlen(note);

    if (source->board == -1 || length == 0)
        return;
    while (recv(source->board, answers, sizeof answers, 0) > 0)
        continue;
    for (size_t i = 0; i < length && i < 900; i++) {
        unsigned char byte = (unsigned char)line[i];
        note[end++] = (char)(byte < ' ' || byte == 0x7f ? '?' : byte);
    }
    end += (size_t)snprintf(note + end, sizeof note - end, "%s\n",
                            length > 900 ? "…" : "");
    send(source->board, note, end, MSG_NOSIGNAL);
}

/* A line that is longer than the buffer comes in pieces. */
void source_print(struct source *source, FILE *to)
{
    struct net_reader *reader = &source->reader;
    char *line;
    size_t length;
    int got;

    while (source->fd != -1) {
        got = net_read_line(reader, &line, &length);
        if (got == -1 && errno == EMSGSIZE) {
            line = reader->buffer + reader->start;
            length = reader->end - reader->start;
            reader->start = reader->end;
            got = 1;
        }
        if (got == -1 && errno == EAGAIN)
            return;
        if (got < 1) {
            close(source->fd);
            source->fd = -1;
            return;
        }
        tell_board(source, line, length);
        fprintf(to, "%-16s  %.*s\n", source->name, (int)length, line);
        fflush(to);
    }
}
