/* class_bar.c: how far a grading has come, and about how long it still takes.
 *
 * On a terminal a line that is drawn anew; elsewhere, in a file or a pipe, a
 * line now and then.
 */
#include "class.h"

#include "inside.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CELLS = 24, STEPS = 10, FEW = 4 };

static struct {
    int total, done, step;
    double begin, due; /* ms */
    bool terminal, shown;
    const struct unit *last;
} progress;

const char *duration(double seconds)
{
    long s = (long)(seconds + 0.5);
    if (s < 100)
        return format("%ld s", s);
    if (s < 100 * 60)
        return format("%ld min", (s + 30) / 60);
    return format("%ld h %02ld min", (s + 30) / 3600, (s + 30) / 60 % 60);
}

/* What the first few took says little of the others. Reckoned anew whenever a
 * unit is done, and counted down between. */
static const char *estimate(void)
{
    int left = progress.total - progress.done;
    double seconds = (progress.due - now_ms()) / 1000;
    if (progress.done < FEW || left == 0)
        return "";
    return format(", about %s left", duration(seconds < 1 ? 1 : seconds));
}

static int width(const char *text)
{
    int characters = 0;
    for (; *text; text++)
        characters += (*text & 0xc0) != 0x80; /* UTF-8 */
    return characters;
}

static int columns(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col
               ? size.ws_col
               : 80;
}

/* The name of the unit is left out where it would not fit. */
static void draw(void)
{
    int full = progress.total ? CELLS * progress.done / progress.total : 0;
    struct buffer line = {0};
    for (int i = 0; i < CELLS; i++)
        buffer_text(&line, i < full ? "#" : "·");
    char *numbers =
        format("%d of %d%s", progress.done, progress.total, estimate());
    char *name = progress.last ? unit_name(progress.last) : format("%s", "");
    int room = columns() - CELLS - 6 - width(numbers);
    printf("\r\033[K  [%s]", line.data);
    if (room > 0)
        printf("  %s", numbers);
    if (*name && width(name) + 3 < room)
        printf("   %s", name);
    fflush(stdout);
    progress.shown = true;
    free(line.data);
    free(numbers);
    free(name);
}

static void hide(void)
{
    if (progress.shown)
        fputs("\r\033[K", stdout);
    progress.shown = false;
    fflush(stdout);
}

void progress_begin(int total)
{
    progress.total = total;
    progress.done = progress.step = 0;
    progress.begin = now_ms();
    progress.last = NULL;
    progress.terminal = isatty(STDOUT_FILENO);
    progress_tick();
}

void progress_tick(void)
{
    if (progress.terminal)
        draw();
}

void progress_done(const struct unit *unit)
{
    progress.done++;
    progress.last = unit;
    double took = now_ms() - progress.begin;
    progress.due =
        now_ms() + took / progress.done * (progress.total - progress.done);
    int step = STEPS * progress.done / progress.total;
    if (progress.terminal) {
        draw();
    } else if (step > progress.step && progress.done < progress.total) {
        printf("  %d of %d%s\n", progress.done, progress.total, estimate());
        fflush(stdout);
    }
    progress.step = step;
}

void progress_end(void)
{
    hide();
}
