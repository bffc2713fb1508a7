/* shared_test.c: the folder in which the programs of a test meet. */
#include "inside.h"
#include "kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int entries(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int count = 0;
    ck_assert(folder != NULL);
    while ((entry = readdir(folder)))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

TEST("shared.private", .arena = true,
     .title = "The shared folder is empty, and nobody else's")
{
    int outside[2];
    ck_assert_int_eq(pipe(outside), 0);
    pid_t neighbour = fork(); /* looks when we have written */
    if (neighbour == 0) {
        char place[100] = "";
        ssize_t n = read(outside[0], place, sizeof place - 1);
        _exit(n <= 0 || access(place, F_OK) == 0);
    }
    ck_assert_int_eq(entries(shared_folder()), 0);
    char *path = shared_path("a-file-of-the-kit");
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    ck_assert_int_eq(entries(shared_folder()), 1);
    ck_assert(write(outside[1], path, strlen(path)) > 0);
    int status;
    ck_assert_int_eq(waitpid(neighbour, &status, 0), neighbour);
    ck_assert_msg(status == 0, "%s is seen outside the test", path);
}

TEST("shared.bounded", .arena = true,
     .title = "The shared folder takes no more than 16 MiB")
{
    enum { MIB = 1 << 20, LIMIT = 16 };
    static char piece[MIB];
    int fd = open(shared_path("much"), O_CREAT | O_WRONLY, 0600), written = 0;
    ck_assert(fd >= 0);
    while (written <= LIMIT && write(fd, piece, MIB) == MIB)
        written++;
    ck_assert_msg(written <= LIMIT, "%d MiB and no end", written);
}
