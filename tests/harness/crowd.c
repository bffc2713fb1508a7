/* crowd.c: many clients at once that say nothing. They are kept apart from
 * conn.c's: no buffer for each, no line of the conversation for each. */
#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

struct member {
    int fd; /* -1: has left */
    bool told, ended;
};

struct crowd {
    struct program *program;
    struct member *members;
    int count, told, ended;
    int ready; /* epoll: which of them has something to read */
};

static int connect_one(struct program *program, uint16_t port, int number)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        broken("socket: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        int error = errno;
        let_work(program);
        fail_test(
            &(struct verdict){
                .expected = format("a connection to port %u", port),
                .received =
                    format("%s; %s", strerror(error), describe_end(program))},
            "Client number %d of many cannot connect to %s: %s.", number,
            program->name, strerror(error));
    }
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        broken("fcntl: %s", strerror(errno));
    return fd;
}

struct crowd *dial_crowd(struct program *program, uint16_t port, int count)
{
    struct crowd *crowd = need(calloc(1, sizeof *crowd));
    *crowd =
        (struct crowd){.program = program,
                       .members = need(calloc(count, sizeof(struct member))),
                       .count = count,
                       .ready = epoll_create1(EPOLL_CLOEXEC)};
    if (crowd->ready < 0)
        broken("epoll: %s", strerror(errno));
    log_text("clients", "connect",
             format("%d of them, to port %u", count, port));
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        crowd->members[i].fd = connect_one(program, port, i + 1);
        if (epoll_ctl(crowd->ready, EPOLL_CTL_ADD, crowd->members[i].fd,
                      &event) < 0)
            broken("epoll: %s", strerror(errno));
    }
    return crowd;
}

/* Before its end it has read away all that there is: so no event is due until
 * more comes. */
static void hear(struct crowd *crowd, struct member *member)
{
    char text[4096];
    ssize_t n;
    while ((n = recv(member->fd, text, sizeof text, 0)) > 0)
        if (!member->told && memchr(text, '\n', n)) {
            member->told = true;
            crowd->told++;
        }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        member->ended = true;
        crowd->ended++;
        epoll_ctl(crowd->ready, EPOLL_CTL_DEL, member->fd, NULL);
    }
}

static void hear_all(struct crowd *crowd)
{
    struct epoll_event events[64];
    int count;
    while ((count = epoll_wait(crowd->ready, events, 64, 0)) > 0)
        for (int i = 0; i < count; i++)
            hear(crowd, &crowd->members[events[i].data.u32]);
}

static bool all_told(void *arg)
{
    struct crowd *crowd = arg;
    hear_all(crowd);
    return crowd->told == crowd->count || crowd->ended;
}

static bool all_ended(void *arg)
{
    struct crowd *crowd = arg;
    hear_all(crowd);
    return crowd->ended == crowd->count;
}

void expect_crowd_told(struct crowd *crowd)
{
    const char *name = crowd->program->name;
    enum waited how = wait_for(all_told, crowd, crowd->ready, POLLIN, 25);
    if (crowd->ended)
        let_work(crowd->program);
    log_text("clients", "received",
             format("a line: %d of %d of them", crowd->told, crowd->count));
    struct verdict shown = {
        .expected = format("a line for each of the %d", crowd->count),
        .received = format("a line for %d of them", crowd->told)};
    if (how == WAITED_DONE && crowd->told == crowd->count && !crowd->ended)
        return;
    if (crowd->ended && is_gone(crowd->program))
        fail_test(&shown, "%s %s while it had %d clients.", name,
                  describe_program(crowd->program), crowd->count);
    if (crowd->ended)
        fail_test(&shown,
                  "%s ended the connection of a client that had not ended its "
                  "own side; %d clients were connected.",
                  name, crowd->count);
    fail_waiting(how, &shown,
                 format("Of %d clients that say nothing, %d get no line: %s "
                        "does not serve one while others are there",
                        crowd->count, crowd->count - crowd->told, name));
}

void expect_crowd_ended(struct crowd *crowd)
{
    enum waited how = wait_for(all_ended, crowd, crowd->ready, POLLIN, 25);
    log_text("clients", "end",
             format("for %d of %d of them", crowd->ended, crowd->count));
    if (how == WAITED_DONE)
        return;
    struct verdict shown = {
        .expected = format("the end of all %d connections", crowd->count),
        .received = format("the end of %d of them", crowd->ended)};
    fail_waiting(
        how, &shown,
        format("Connections of %s are still open", crowd->program->name));
}

struct conn *leave_crowd(struct crowd *crowd, int number)
{
    struct member *member = &crowd->members[number];
    hear_all(crowd);
    epoll_ctl(crowd->ready, EPOLL_CTL_DEL, member->fd, NULL);
    struct conn *conn =
        new_conn(member->fd, crowd->program, format("client %d", number + 1));
    member->fd = -1;
    crowd->count--;
    crowd->told -= member->told;
    crowd->members[number] = crowd->members[crowd->count];
    return conn;
}

void hang_up_crowd(struct crowd *crowd)
{
    log_text("clients", "close",
             format("%d of them close the connection", crowd->count));
    for (int i = 0; i < crowd->count; i++)
        close(crowd->members[i].fd);
    close(crowd->ready);
    crowd->count = crowd->told = crowd->ended = 0;
}
