/* gpio_fifo.c: a button that is a FIFO: each line "0" in it is one press.
 *
 *     echo 0 > /tmp/tcp_file
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpio_sim.h"

/* What is at the path is opened first and looked at then: between a look and
 * an open somebody could put something else there. */
static int check(int fd, const char *path, struct stat *what)
{
    if (fstat(fd, what) == -1)
        return gpio_fail("%s: %s", path, strerror(errno));
    if (!S_ISFIFO(what->st_mode))
        return gpio_fail("%s: something else than a FIFO is there", path);
    if (what->st_uid != geteuid())
        return gpio_fail("%s: this FIFO belongs to someone else", path);
    if (fchmod(fd, 0600) == -1)
        return gpio_fail("%s: %s", path, strerror(errno));
    return 0;
}

/* Returns a descriptor for reading, or -1. */
static int open_own(const char *path, struct stat *what)
{
    /* Without O_NONBLOCK, open waits for the first writer. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1 && errno == ELOOP)
        return gpio_fail("%s: a symbolic link is there", path);
    if (fd == -1 && errno == ENXIO)
        return gpio_fail("%s: something else than a FIFO is there", path);
    if (fd == -1)
        return gpio_fail("%s: %s", path, strerror(errno));
    if (check(fd, path, what) == 0)
        return fd;
    close(fd);
    return -1;
}

int gpio_fifo_open(struct gpio_fifo *fifo, const char *path)
{
    struct stat what;

    fifo->fd = -1;
    bool made = mkfifo(path, 0600) == 0;
    if (!made && errno != EEXIST)
        return gpio_fail("%s: %s", path, strerror(errno));
    int fd = open_own(path, &what);
    if (fd == -1 && made)
        unlink(path);
    if (fd == -1)
        return -1;
    *fifo = (struct gpio_fifo){
        .fd = fd, .path = path, .device = what.st_dev, .inode = what.st_ino};
    net_reader_init(&fifo->reader, fd, fifo->buffer, sizeof fifo->buffer);
    return 0;
}

/* Says what was ignored. Who can write here could write anything: bytes that
 * would do something to a terminal or a log are shown as numbers. */
static void say_ignored(void (*log)(const char *line), const char *line,
                        size_t length)
{
    char text[600] = "button: not a press, ignored: \"";
    size_t end = strlen(text);

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)line[i];
        bool plain = byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
        end += (size_t)snprintf(text + end, sizeof text - end,
                                plain ? "%c" : "\\x%02x", byte);
    }
    snprintf(text + end, sizeof text - end, "\"");
    log(text);
}

static void nowhere(const char *line)
{
    (void)line;
}

/* When its last writer has gone, a FIFO's stream is at an end; the next writer
 * begins another one. So the end is no more than "nothing now". */
enum gpio_fifo_line gpio_fifo_next(struct gpio_fifo *fifo,
                                   void (*log)(const char *line))
{
    char *line;
    size_t length;

    if (log == NULL)
        log = nowhere;
    int got = net_read_line(&fifo->reader, &line, &length);
    if (got == -1 && errno == EMSGSIZE) {
        fifo->reader.start = fifo->reader.end; /* forget what there is of it */
        fifo->too_long = true;
        return FIFO_OTHER;
    }
    if (got == -1 && errno != EAGAIN) {
        gpio_fail("%s: %s", fifo->path, strerror(errno));
        return FIFO_FAILED;
    }
    if (got == -1 || (got == 0 && !fifo->too_long))
        return FIFO_EMPTY;
    if (fifo->too_long) { /* this is the end of it */
        fifo->too_long = false;
        log("button: not a press, ignored: a long line");
        return FIFO_OTHER;
    }
    if (length == 1 && *line == '0')
        return FIFO_PRESS;
    say_ignored(log, line, length);
    return FIFO_OTHER;
}

void gpio_fifo_close(struct gpio_fifo *fifo)
{
    struct stat what;

    if (fifo->fd == -1)
        return;
    /* Not what somebody has put there since. */
    if (lstat(fifo->path, &what) == 0 && what.st_dev == fifo->device &&
        what.st_ino == fifo->inode)
        unlink(fifo->path);
    close(fifo->fd);
    fifo->fd = -1;
}
