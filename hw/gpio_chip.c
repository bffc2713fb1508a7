/* gpio_chip.c: the backend for the character device of a GPIO chip: which chip
 * is meant, and what is to be done where a line cannot be had.
 */
#include <stddef.h>

#include "gpio_chip.h"

#ifndef HAVE_LIBGPIOD

static void *chip_open(const struct gpio_config *config, bool output, int level)
{
    (void)output;
    (void)level;
    gpio_fail("%s: this program was built without libgpiod, so it knows the "
              "simulated board only",
              config->chip);
    return NULL;
}

/* A line that is never open needs no more. */
const struct gpio_backend gpio_chip = {.open = chip_open};

#else

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "pi_chips.h"

static const char any_pi[] = "raspberry-pi";

static const char *pi_of(const struct chip *chip)
{
    for (int i = 0; i < PI_CHIP_COUNT; i++)
        if (strcmp(chip->label, PI_CHIPS[i].label) == 0)
            return PI_CHIPS[i].boards;
    return NULL;
}

/* ---- No permission ---- */

/* The name of a group, read from its file: getgrgid(3) may load libraries,
   which a static program cannot. */
static bool read_group(gid_t id, char *name, size_t size)
{
    FILE *groups = fopen("/etc/group", "re");
    struct group *group;
    bool found = false;

    while (groups != NULL && !found && (group = fgetgrent(groups)) != NULL)
        if ((found = group->gr_gid == id))
            snprintf(name, size, "%s", group->gr_name);
    if (groups != NULL)
        fclose(groups);
    return found;
}

static int refuse(const char *path)
{
    struct stat file;
    char group[CHIP_WORD];

    if (stat(path, &file) == 0 && file.st_gid != 0 &&
        (file.st_mode & S_IRGRP) != 0 &&
        read_group(file.st_gid, group, sizeof group))
        return gpio_fail("no permission to use %s: add yourself to its group "
                         "with 'sudo usermod -aG %s $USER', and log in again",
                         path, group);
    return gpio_fail("no permission to use %s, which is root's alone: start "
                     "the program with sudo",
                     path);
}

/* ---- Which chip ---- */

static const char *name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

static bool is_meant(const struct chip *chip, const char *wanted)
{
    if (strcmp(wanted, any_pi) == 0)
        return pi_of(chip) != NULL;
    return strcmp(wanted, name_of(chip->path)) == 0 ||
           strcmp(wanted, chip->label) == 0;
}

static int say_what_is_there(const char *wanted, const char *there)
{
    const char *what =
        strcmp(wanted, any_pi) == 0 ? "of a Raspberry Pi" : wanted;

    if (*there == '\0')
        return gpio_fail("there is no GPIO chip %s: this machine has no chip "
                         "at all; leave the name out for the simulated board",
                         what);
    return gpio_fail("there is no GPIO chip %s: name one that is there: %s",
                     what, there);
}

/* Whoever may not open a chip does not learn its label. */
static int search(const char *wanted, const glob_t *paths, struct chip *chip)
{
    char there[256] = "";
    const char *closed = NULL;

    for (size_t i = 0; i < paths->gl_pathc; i++) {
        const char *path = paths->gl_pathv[i];
        if (chip_describe(path, chip) == -1) {
            if (errno == EACCES || errno == EPERM)
                closed = path;
            continue;
        }
        if (is_meant(chip, wanted))
            return 0;
        size_t end = strlen(there);
        snprintf(there + end, sizeof there - end, "%s%s (%s)",
                 end > 0 ? ", " : "", name_of(path), chip->label);
    }
    return closed != NULL ? refuse(closed) : say_what_is_there(wanted, there);
}

static int find(const char *wanted, struct chip *chip)
{
    glob_t paths = {0};

    if (strchr(wanted, '/') != NULL) {
        if (chip_describe(wanted, chip) == 0)
            return 0;
        if (errno == EACCES || errno == EPERM)
            return refuse(wanted);
        if (errno != ENOENT)
            return gpio_fail("%s is not a GPIO chip: those are called "
                             "/dev/gpiochip0 and so on",
                             wanted);
    }
    glob("/dev/gpiochip*", 0, NULL, &paths);
    int found = search(wanted, &paths, chip);
    globfree(&paths);
    return found;
}

/* ---- The line ---- */

static void explain(const struct chip *chip, unsigned offset, int why)
{
    char user[CHIP_WORD];

    chip_read_user(chip, offset, user);
    if (why == EBUSY)
        gpio_fail("line %u of %s (%s) is in use by %s: end that, or choose "
                  "another line",
                  offset, chip->path, chip->label,
                  *user != '\0' ? user : "somebody who gives no name");
    else
        gpio_fail("line %u of %s (%s): %s", offset, chip->path, chip->label,
                  strerror(why));
}

static void announce(const struct chip *chip, const struct gpio_config *config)
{
    const char *boards = pi_of(chip);
    char line[384];

    if (config->log == NULL || boards == NULL)
        return;
    snprintf(line, sizeof line, "line %u of %s (%s): %s", config->offset,
             chip->path, chip->label, boards);
    config->log(line);
}

static void *chip_open(const struct gpio_config *config, bool output, int level)
{
    struct chip chip;

    if (find(config->chip, &chip) == -1)
        return NULL;
    if (config->offset >= chip.lines) {
        gpio_fail("%s (%s) has no line %u: its lines are 0 to %u", chip.path,
                  chip.label, config->offset, chip.lines - 1);
        return NULL;
    }
    void *state = chip_request(&chip, config, output, level);
    if (state == NULL)
        explain(&chip, config->offset, errno);
    else
        announce(&chip, config);
    return state;
}

const struct gpio_backend gpio_chip = {.open = chip_open,
                                       .set = chip_set,
                                       .get = chip_get,
                                       .fd = chip_fd,
                                       .next_edge = chip_next_edge,
                                       .close = chip_close,
                                       .looks_late = true};

#endif
