/* gpio_board.c: a line of the simulated board, which is another process; the
 * protocol is in board/README.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "gpio_sim.h"

enum { PATIENCE_US = 500000 }; /* with a board that does not answer */

void gpio_board_close(struct gpio_board *board)
{
    if (board->fd != -1)
        close(board->fd);
    board->fd = -1;
}

static int dial(const char *path, int flags)
{
    const struct timeval patience = {.tv_usec = PATIENCE_US};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int connected;

    if (strlen(path) >= sizeof address.sun_path)
        return gpio_fail("board %s: %s", path, strerror(ENAMETOOLONG));
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd == -1)
        return gpio_fail("board %s: %s", path, strerror(errno));
    /* SO_SNDTIMEO is for connect(2) too. */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    do {
        connected = connect(fd, (struct sockaddr *)&address, sizeof address);
    } while (connected == -1 && errno == EINTR);
    if (connected == -1) {
        gpio_fail("board %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

static int say(int fd, const char *text)
{
    if (net_send_all(fd, text, strlen(text)) == -1)
        return gpio_fail("the board: %s", strerror(errno));
    return 0;
}

/* Reads the next answer: 0 or the level for ok, -1 for an error. */
static int answer(struct net_reader *reader)
{
    char *line;
    size_t length;

    int got = net_read_line(reader, &line, &length);
    if (got == 0)
        return gpio_fail("the board has gone");
    if (got == -1)
        return gpio_fail("the board does not answer: %s",
                         errno == EAGAIN ? strerror(ETIMEDOUT)
                                         : strerror(errno));
    if (length >= 2 && memcmp(line, "ok", 2) == 0)
        return length == 4 && line[3] == '1';
    return gpio_fail("the board says: %.*s", (int)length, line);
}

/* Connects, and says who we are and what we want. */
static int begin(struct gpio_board *board, int level, int flags)
{
    const struct gpio_config *config = board->config;
    const char *owner = config->owner != NULL ? config->owner : "somebody";
    char text[256], how[8] = "in";

    if (board->output)
        snprintf(how, sizeof how, "out %d", level);
    snprintf(text, sizeof text, "hello %.50s[%d]\nclaim %u %s\n", owner,
             (int)getpid(), config->offset, how);
    board->fd = dial(board->path, flags);
    if (board->fd == -1)
        return -1;
    net_reader_init(&board->reader, board->fd, board->buffer,
                    sizeof board->buffer);
    if (say(board->fd, text) == 0)
        return 0;
    gpio_board_close(board);
    return -1;
}

int gpio_board_claim(struct gpio_board *board, int level)
{
    if (begin(board, level, 0) == -1)
        return -1;
    if (answer(&board->reader) == -1 || answer(&board->reader) == -1 ||
        /* An input is read when poll(2) says so, and never waits then. */
        (!board->output && fcntl(board->fd, F_SETFL, O_NONBLOCK) == -1)) {
        gpio_board_close(board);
        return -1;
    }
    return 0;
}

int gpio_board_claim_again(struct gpio_board *board)
{
    return begin(board, 0, SOCK_NONBLOCK);
}

int gpio_board_set(struct gpio_board *board, int level)
{
    char text[64];

    if (board->fd != -1) {
        snprintf(text, sizeof text, "set %u %d\n", board->config->offset,
                 level);
        if (say(board->fd, text) == 0 && answer(&board->reader) != -1)
            return 0;
        gpio_board_close(board); /* maybe there is a new one at its place */
    }
    return gpio_board_claim(board, level);
}

/* Asks on a connection of its own: on the line's the answer would come after
 * edges that nobody has taken yet. */
int gpio_board_get(const struct gpio_board *board)
{
    struct net_reader reader;
    char text[64], buffer[256];

    int fd = dial(board->path, 0);
    if (fd == -1)
        return -1;
    net_reader_init(&reader, fd, buffer, sizeof buffer);
    snprintf(text, sizeof text, "get %u\n", board->config->offset);
    int level = say(fd, text) == -1 ? -1 : answer(&reader);
    close(fd);
    return level;
}

int gpio_board_next(struct gpio_board *board, struct gpio_edge *edge)
{
    char *line, text[sizeof board->buffer];
    size_t length;
    unsigned offset;
    int got;

    while ((got = net_read_line(&board->reader, &line, &length)) == 1) {
        snprintf(text, sizeof text, "%.*s", (int)length, line);
        if (sscanf(text, "edge %u %d %" SCNd64, &offset, &edge->value,
                   &edge->time_ns) == 3)
            return 1;
        if (strncmp(text, "error ", 6) == 0) { /* to gpio_board_claim_again */
            gpio_board_close(board);
            return gpio_fail("the board says: %s", text);
        }
    }
    if (got == -1 && errno == EAGAIN)
        return 0;
    gpio_board_close(board);
    return gpio_fail("the board has gone%s%s", got == -1 ? ": " : "",
                     got == -1 ? strerror(errno) : "");
}
