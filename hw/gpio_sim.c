/* gpio_sim.c: the backend without a chip. An output is a line of the simulated
 * board, if there is one. An input is such a line, or a FIFO, or both at once:
 * epoll(7) makes one descriptor of what they wait for.
 *
 * The board may go away, and its window with it: the FIFO works on. An output
 * looks for a new board when it is set, an input once a second.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "gpio_sim.h"

enum { RETRY_S = 1, MOST_LINES = 100 /* of junk, before others get a turn */ };

struct sim {
    struct gpio_config config;
    bool output;
    int level; /* of an output */
    struct gpio_board board;
    struct gpio_fifo fifo;

    /* Inputs: the descriptors that wake poll(2), -1 where not needed. */
    int epoll;       /* for all that follow, and for those of board and fifo */
    int unread;      /* an eventfd: readable while there may be more edges */
    int retry;       /* a timer, while there is no board */
    bool has_unread; /* the state of unread */
    bool released;   /* the second edge of a FIFO's press is due */
};

static void say(const struct sim *sim, const char *line)
{
    if (sim->config.log != NULL)
        sim->config.log(line);
}

static int watch(const struct sim *sim, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(sim->epoll, EPOLL_CTL_ADD, fd, &event) == -1)
        return gpio_fail("epoll_ctl: %s", strerror(errno));
    return 0;
}

/* Edges that we know of already are in no descriptor. This one tells of them.
 */
static int set_unread(struct sim *sim, bool unread)
{
    eventfd_t count;

    if (sim->has_unread == unread)
        return 0;
    sim->has_unread = unread;
    while ((unread ? eventfd_write(sim->unread, 1)
                   : eventfd_read(sim->unread, &count)) == -1)
        if (errno != EINTR)
            return gpio_fail("eventfd: %s", strerror(errno));
    return 0;
}

/* ---- Opening and closing ---- */

static void sim_close(void *state)
{
    struct sim *sim = state;

    gpio_board_close(&sim->board);
    gpio_fifo_close(&sim->fifo);
    if (sim->epoll != -1)
        close(sim->epoll);
    if (sim->unread != -1)
        close(sim->unread);
    if (sim->retry != -1)
        close(sim->retry);
    free(sim);
}

static int open_input(struct sim *sim)
{
    sim->epoll = epoll_create1(EPOLL_CLOEXEC);
    sim->unread = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sim->retry = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (sim->epoll == -1 || sim->unread == -1 || sim->retry == -1)
        return gpio_fail("a descriptor for poll: %s", strerror(errno));
    if (watch(sim, sim->unread, EPOLLIN) == -1 ||
        watch(sim, sim->retry, EPOLLIN) == -1)
        return -1;
    if (sim->board.fd != -1 && watch(sim, sim->board.fd, EPOLLIN) == -1)
        return -1;
    /* A FIFO without writers is at its end, which poll(2) would call readable
     * all the time: EPOLLET tells of changes only. */
    if (sim->config.fifo != NULL &&
        (gpio_fifo_open(&sim->fifo, sim->config.fifo) == -1 ||
         watch(sim, sim->fifo.fd, EPOLLIN | EPOLLET) == -1))
        return -1;
    if (sim->fifo.fd == -1 && sim->board.fd == -1)
        return gpio_fail("a simulated button needs a FIFO or a board "
                         "(GPIO_BOARD), and has neither");
    return set_unread(sim, true); /* something may have come already */
}

static void *sim_open(const struct gpio_config *config, bool output, int level)
{
    struct sim *sim = malloc(sizeof *sim);

    if (sim == NULL) {
        gpio_fail("no memory for a line");
        return NULL;
    }
    *sim = (struct sim){.config = *config,
                        .output = output,
                        .level = level,
                        .fifo.fd = -1,
                        .epoll = -1,
                        .unread = -1,
                        .retry = -1};
    sim->board = (struct gpio_board){.fd = -1,
                                     .path = getenv("GPIO_BOARD"),
                                     .config = &sim->config,
                                     .output = output};
    if ((sim->board.path != NULL &&
         gpio_board_claim(&sim->board, level) == -1) ||
        (!output && open_input(sim) == -1)) {
        sim_close(sim);
        return NULL;
    }
    return sim;
}

/* ---- Levels ---- */

static int sim_set(void *state, int level)
{
    struct sim *sim = state;

    if (sim->board.path != NULL && gpio_board_set(&sim->board, level) == -1)
        return -1;
    sim->level = level;
    return 0;
}

static int sim_get(void *state)
{
    struct sim *sim = state;

    if (sim->output)
        return sim->level;
    if (sim->board.fd != -1)
        return gpio_board_get(&sim->board);
    return sim->config.active_low; /* a FIFO's presses are over at once */
}

/* ---- Edges ---- */

static int sim_fd(void *state)
{
    struct sim *sim = state;

    return sim->epoll;
}

/* Rings the timer once, in a second; or in 0 seconds, which means never. */
static int retry_in(struct sim *sim, time_t seconds)
{
    const struct itimerspec once = {.it_value.tv_sec = seconds};

    if (timerfd_settime(sim->retry, 0, &once, NULL) == -1)
        return gpio_fail("timerfd_settime: %s", strerror(errno));
    return 0;
}

static int look_for_board(struct sim *sim)
{
    if (retry_in(sim, RETRY_S) == -1)
        return -1;
    if (gpio_board_claim_again(&sim->board) == -1)
        return 0;
    say(sim, "button: a board is there again");
    if (retry_in(sim, 0) == -1)
        return -1;
    return watch(sim, sim->board.fd, EPOLLIN);
}

/* Takes note of what epoll has to tell. That makes the descriptor quiet again:
 * so it comes before reading, and what arrives later wakes poll anew. */
static int take_events(struct sim *sim)
{
    struct epoll_event events[4]; /* as many as there are descriptors */
    int count;

    do {
        count = epoll_wait(sim->epoll, events, 4, 0);
    } while (count == -1 && errno == EINTR);
    if (count == -1)
        return gpio_fail("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < count; i++)
        if (events[i].data.fd == sim->retry && look_for_board(sim) == -1)
            return -1;
    return 0;
}

static int next_of_board(struct sim *sim, struct gpio_edge *edge)
{
    if (sim->board.fd == -1)
        return 0;
    int got = gpio_board_next(&sim->board, edge);
    if (got != -1)
        return got;
    say(sim, gpio_error()); /* no end of the button, if it has a FIFO */
    return retry_in(sim, RETRY_S);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int next_of_fifo(struct sim *sim, struct gpio_edge *edge)
{
    enum gpio_fifo_line line = sim->released ? FIFO_PRESS : FIFO_OTHER;

    for (int i = 0; line == FIFO_OTHER && i < MOST_LINES; i++)
        line = gpio_fifo_next(&sim->fifo, sim->config.log);
    if (line == FIFO_FAILED)
        return -1;
    if (line != FIFO_PRESS)
        return set_unread(sim, line == FIFO_OTHER);
    /* Active, and at the next call inactive. */
    *edge = (struct gpio_edge){.value = sim->released == sim->config.active_low,
                               .time_ns = now_ns()};
    sim->released = !sim->released;
    return 1;
}

static int sim_next_edge(void *state, struct gpio_edge *edge, bool *clean)
{
    struct sim *sim = state;

    /* Until nothing is found, there may be more. */
    if (take_events(sim) == -1 || set_unread(sim, true) == -1)
        return -1;
    *clean = false;
    int got = next_of_board(sim, edge);
    if (got != 0)
        return got;
    *clean = true;
    return sim->fifo.fd == -1 ? set_unread(sim, false)
                              : next_of_fifo(sim, edge);
}

const struct gpio_backend gpio_sim = {.open = sim_open,
                                      .set = sim_set,
                                      .get = sim_get,
                                      .fd = sim_fd,
                                      .next_edge = sim_next_edge,
                                      .close = sim_close};
