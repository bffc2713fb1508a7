/* unix.c: UNIX-domain stream sockets in the shared folder.
 *
 * Names of sockets are as the programs use them, whose working folder the
 * shared one is. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- Paths in state LISTEN ---- */

/* Lines are "Num RefCount Protocol Flags Type St Inode Path", the path as it
 * was bound. Flag 10000 (SO_ACCEPTON) says that it listens; proc(5). */
bool listening_path(const char *name)
{
    FILE *table = fopen("/proc/self/net/unix", "re");
    char line[512];
    unsigned flags;
    int at;
    bool found = false;
    while (table && !found && fgets(line, sizeof line, table)) {
        line[strcspn(line, "\n")] = '\0';
        at = 0;
        if (sscanf(line, "%*s %*x %*x %x %*x %*x %*u %n", &flags, &at) < 1 ||
            !(flags & 0x10000) || !at)
            continue;
        size_t length = strlen(line + at), due = strlen(name);
        found = length >= due && strcmp(line + at + length - due, name) == 0 &&
                (length == due || line[at + length - due - 1] == '/');
    }
    if (table)
        fclose(table);
    return found;
}

struct readiness {
    struct program *program;
    const char *name;
};

static bool is_listening(void *arg)
{
    struct readiness *ready = arg;
    return listening_path(ready->name) || is_gone(ready->program);
}

void wait_listening_path(struct program *program, const char *name)
{
    struct readiness ready = {program, name};
    enum waited how = wait_for(is_listening, &ready, -1, 0, 1);
    if (listening_path(name)) {
        log_text(program->label, "listens", format("at path %s", name));
        return;
    }
    struct verdict shown = {
        .expected = format("a UNIX-domain socket that listens at %s", name),
        .received = describe_end(program)};
    if (how == WAITED_DONE)
        fail_test(&shown, "%s ended before it listened at %s.", program->name,
                  name);
    fail_waiting(how, &shown,
                 format("%s does not listen at %s", program->name, name));
}

/* ---- Connections ---- */

/* A path in an address is short, so it is taken from the shared folder. Sockets
 * that the test makes are for programs of other users too. */
static int call_in_folder(int (*call)(int, const struct sockaddr *, socklen_t),
                          int fd, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(name) >= sizeof address.sun_path)
        broken("%s is too long for an address", name);
    strcpy(address.sun_path, name);
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here < 0 || chdir(shared_folder()) < 0)
        broken("%s: %s", shared_folder(), strerror(errno));
    mode_t mask = umask(0);
    int result = call(fd, (struct sockaddr *)&address, sizeof address);
    int error = errno;
    umask(mask);
    if (fchdir(here) < 0)
        broken("fchdir: %s", strerror(errno));
    close(here);
    errno = error;
    return result;
}

static int new_socket(int flags)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        broken("socket: %s", strerror(errno));
    return fd;
}

struct conn *try_dial_path(struct program *program, const char *name)
{
    const char *who = next_client_name();
    int fd = new_socket(0);
    if (call_in_folder(connect, fd, name) < 0) {
        int error = errno;
        log_text(who, "connect", format("to %s: %s", name, strerror(error)));
        close(fd);
        errno = error;
        return NULL;
    }
    log_text(who, "connect", format("to path %s", name));
    return new_conn(fd, program, who);
}

struct conn *dial_path(struct program *program, const char *name)
{
    struct conn *conn = try_dial_path(program, name);
    int error = errno;
    if (!conn)
        let_work(program);
    if (!conn)
        fail_test(
            &(struct verdict){.expected = format("a connection to %s", name),
                              .received = is_gone(program)
                                              ? describe_end(program)
                                              : strerror(error)},
            "A client cannot connect to %s: %s.", name, strerror(error));
    return conn;
}

struct listener *listen_path(const char *name)
{
    int fd = new_socket(SOCK_NONBLOCK);
    if (call_in_folder(bind, fd, name) < 0 || listen(fd, 16) < 0)
        broken("cannot listen at %s: %s", name, strerror(errno));
    log_text("test", "listen", format("at path %s", name));
    return new_listener(fd, format("path %s", name));
}
