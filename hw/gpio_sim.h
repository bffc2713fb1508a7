/* gpio_sim.h: the two places where the simulated backend hears of a button: a
 * FIFO and the board. For hw/ alone. */
#ifndef GPIO_SIM_H
#define GPIO_SIM_H

#include <sys/types.h>

#include "gpio_backend.h"
#include "net.h"

/* ---- gpio_fifo.c ---- */

struct gpio_fifo {
    int fd; /* -1: there is none */
    const char *path;
    dev_t device; /* with inode: what the FIFO is, whatever its path is now */
    ino_t inode;
    bool too_long; /* in the middle of a line that does not fit */
    struct net_reader reader;
    char buffer[128];
};

/* Makes the FIFO, or takes over one of ours, with mode 0600. Anything else at
 * the path stays as it is. Returns 0, or -1 on failure. */
int gpio_fifo_open(struct gpio_fifo *fifo, const char *path);

enum gpio_fifo_line { FIFO_FAILED = -1, FIFO_EMPTY, FIFO_PRESS, FIFO_OTHER };

/* Takes the next line, without waiting. */
enum gpio_fifo_line gpio_fifo_next(struct gpio_fifo *fifo,
                                   void (*log)(const char *line));

/* Closes and removes it. */
void gpio_fifo_close(struct gpio_fifo *fifo);

/* ---- gpio_board.c ---- */

struct gpio_board {
    int fd; /* -1: not connected */
    const char *path;
    const struct gpio_config *config;
    bool output;
    struct net_reader reader;
    char buffer[1025]; /* the longest line and its newline: board/README.md */
};

/* Connects and claims the line, as an output of that level if it is one. Waits
 * for the answers of the board, but not for ever. 0, or -1 on failure. */
int gpio_board_claim(struct gpio_board *board, int level);

/* The same for an input, without waiting: the answers come among the edges. */
int gpio_board_claim_again(struct gpio_board *board);

/* Sets the level; claims the line anew if the board had gone. 0, or -1. */
int gpio_board_set(struct gpio_board *board, int level);

/* The line's level, or -1. */
int gpio_board_get(const struct gpio_board *board);

/* As gpio_next_edge. On failure it is not connected any more. */
int gpio_board_next(struct gpio_board *board, struct gpio_edge *edge);

/* Gives the line back. */
void gpio_board_close(struct gpio_board *board);

#endif
