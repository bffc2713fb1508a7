/* doctor.c: can lab 10 use the pins of this machine? Says which chip there is,
 * who may use it, and whether the button's and the LED's lines are free.
 *
 * It asks the kernel itself, so it tells as much where libgpiod is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <linux/gpio.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../pi_chips.h"
#include "../pins.h"

enum { WORD = 64 };

static bool is_pis(const char *label)
{
    for (int i = 0; i < PI_CHIP_COUNT; i++)
        if (strcmp(label, PI_CHIPS[i].label) == 0)
            return true;
    return false;
}

/* The text of a small file, up to its first newline; "" if there is none. */
static void read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t length = file != NULL ? fread(text, 1, size - 1, file) : 0;

    text[length] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (file != NULL)
        fclose(file);
}

/* ---- Which chip ---- */

struct found {
    char path[WORD]; /* "" for none */
    struct gpiochip_info chip;
    int fd;            /* -1: it may not be opened */
    char closed[WORD]; /* a chip that may not be opened, ours or not */
};

/* What the kernel tells everybody, where it does. */
static void read_public_label(const char *path, char *label, size_t size)
{
    char pattern[2 * WORD];
    glob_t files = {0};

    *label = '\0';
    snprintf(pattern, sizeof pattern,
             "/sys/bus/gpio/devices/%.32s/../gpio/gpiochip*/label",
             strrchr(path, '/') + 1);
    if (glob(pattern, 0, NULL, &files) == 0)
        read_text(files.gl_pathv[0], label, size);
    globfree(&files);
}

/* Returns whether this is the one. */
static bool look_at(struct found *found, const char *path)
{
    found->fd = open(path, O_RDWR | O_CLOEXEC);
    if (found->fd == -1) {
        char *label = found->chip.label;
        snprintf(found->closed, WORD, "%s", path);
        read_public_label(path, label, sizeof found->chip.label);
        return is_pis(label);
    }
    if (ioctl(found->fd, GPIO_GET_CHIPINFO_IOCTL, &found->chip) == 0 &&
        is_pis(found->chip.label))
        return true;
    close(found->fd);
    return false;
}

static void find_chip(struct found *found)
{
    glob_t paths = {0};
    bool is_ours = false;

    glob("/dev/gpiochip*", 0, NULL, &paths);
    for (size_t i = 0; i < paths.gl_pathc && !is_ours; i++)
        if ((is_ours = look_at(found, paths.gl_pathv[i])))
            snprintf(found->path, WORD, "%s", paths.gl_pathv[i]);
    globfree(&paths);
}

/* ---- Who may use it ---- */

/* Names behind numbers, read from their files: getgrgid(3) and getpwuid(3) may
   load libraries, which a static program cannot. */
static void read_group(gid_t id, char *name)
{
    FILE *groups = fopen("/etc/group", "re");
    struct group *entry;

    snprintf(name, WORD, "%u", (unsigned)id);
    while (groups != NULL && (entry = fgetgrent(groups)) != NULL)
        if (entry->gr_gid == id)
            snprintf(name, WORD, "%s", entry->gr_name);
    if (groups != NULL)
        fclose(groups);
}

static void read_user(uid_t id, char *name)
{
    FILE *users = fopen("/etc/passwd", "re");
    struct passwd *entry;

    snprintf(name, WORD, "%u", (unsigned)id);
    while (users != NULL && (entry = fgetpwent(users)) != NULL)
        if (entry->pw_uid == id)
            snprintf(name, WORD, "%s", entry->pw_name);
    if (users != NULL)
        fclose(users);
}

/* Has the user been added to the group, be it after this session began? */
static bool is_member(const char *group, const char *user)
{
    FILE *groups = fopen("/etc/group", "re");
    struct group *entry;
    bool found = false;

    while (groups != NULL && !found && (entry = fgetgrent(groups)) != NULL)
        for (char **member = entry->gr_mem;
             strcmp(entry->gr_name, group) == 0 && *member != NULL; member++)
            found = found || strcmp(*member, user) == 0;
    if (groups != NULL)
        fclose(groups);
    return found;
}

static void say_cure(const char *path, const struct stat *file,
                     const char *group, const char *user)
{
    if ((file->st_mode & (S_IRGRP | S_IWGRP)) != (S_IRGRP | S_IWGRP) ||
        file->st_gid == 0)
        printf("    No group may use it. Until the next start of the Pi:\n"
               "      sudo chown %s %s\n",
               user, path);
    else if (is_member(group, user))
        printf("    %s is in the group %s, but this session began before: log "
               "out, and in again.\n",
               user, group);
    else
        printf("    %s is not in the group %s. This adds %s, from the next "
               "log-in on:\n      sudo usermod -aG %s %s\n",
               user, group, user, group, user);
}

static bool say_permission(const char *path)
{
    char group[WORD], owner[WORD], user[WORD];
    struct stat file;

    if (stat(path, &file) == -1) {
        printf("  ✗ permission: %s: %s\n", path, strerror(errno));
        return false;
    }
    read_group(file.st_gid, group);
    read_user(file.st_uid, owner);
    read_user(geteuid(), user);
    bool may = access(path, R_OK | W_OK) == 0;
    printf("  %s permission: %s %s use %s (%s:%s, mode %03o)\n",
           may ? "✓" : "✗", user, may ? "may" : "may not", path, owner, group,
           file.st_mode & 0777);
    if (!may)
        say_cure(path, &file, group, user);
    return may;
}

/* ---- The lines ---- */

static bool say_line(const struct found *found, const char *part, unsigned line,
                     unsigned pin, const char *user)
{
    struct gpio_v2_line_info info = {.offset = line};

    if (ioctl(found->fd, GPIO_V2_GET_LINEINFO_IOCTL, &info) == -1) {
        printf("  ✗ %s: line %u, pin %u: %s\n", part, line, pin,
               errno == ENOTTY || errno == EINVAL
                   ? "this kernel tells nothing of lines; 5.10 and later do"
                   : strerror(errno));
        return false;
    }
    if ((info.flags & GPIO_V2_LINE_FLAG_USED) == 0) {
        printf("  ✓ %s: line %u, pin %u, is free\n", part, line, pin);
        return true;
    }
    bool own = strcmp(info.consumer, user) == 0;
    printf("  %s %s: line %u, pin %u, is in use by %s\n", own ? "✓" : "✗", part,
           line, pin, *info.consumer != '\0' ? info.consumer : "the kernel");
    if (own)
        printf("    That is lab 10 at work. To run it by hand, end that one "
               "first: make unflash,\n    if make flash started it.\n");
    else
        printf("    End that program, or take the line from it in "
               "/boot/firmware/config.txt;\n    or choose another: --line "
               "OFFSET.\n");
    return own;
}

static bool say_library(void)
{
#ifdef HAVE_LIBGPIOD
    printf("  ✓ libgpiod: programs that are built here can use the chip\n");
    return true;
#else
    printf("  ✗ libgpiod: programs that are built here know the simulated "
           "board only.\n      sudo apt-get install libgpiod-dev\n");
    return false;
#endif
}

int main(void)
{
    struct found found = {.fd = -1};
    char model[WORD];

    read_text("/proc/device-tree/model", model, sizeof model);
    find_chip(&found);
    bool is_pi = strstr(model, "Raspberry Pi") != NULL;
    if (*found.path == '\0' && !is_pi) {
        printf("  · pins: this is no Raspberry Pi. Lab 10 runs on the "
               "simulated board: make run LAB=10\n");
        return 0;
    }
    printf("  ✓ board: %s\n", is_pi ? model : "it has a Raspberry Pi's chip");
    if (*found.path == '\0' && *found.closed != '\0') {
        say_permission(found.closed);
        return 1;
    }
    if (*found.path == '\0') {
        printf("  ✗ chip: none of its labels is there: this kernel does not "
               "know this\n    board. Raspberry Pi OS has one that does.\n");
        return 1;
    }
    printf("  ✓ chip: %s is %s", found.path, found.chip.label);
    printf(found.fd != -1 ? ", of %u lines\n" : "\n", found.chip.lines);
    bool good = say_permission(found.path);
    if (found.fd != -1) {
        good &= say_line(&found, "LED", LED_OFFSET, LED_PIN, "led_process");
        good &= say_line(&found, "button", BUTTON_OFFSET, BUTTON_PIN,
                         "button_process");
    }
    return say_library() && good ? 0 : 1;
}
