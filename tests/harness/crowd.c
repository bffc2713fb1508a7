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
    int count, left, ended;
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

/* Before its end it has read away all that there is: so no event is due until
 * more comes. */
static void hear(struct crowd *crowd, struct member *member)
{
    char text[4096];
    ssize_t n;
    while ((n = recv(member->fd, text, sizeof text, 0)) > 0)
        member->told |= memchr(text, '\n', n) != NULL;
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

/* How the one that came last got on. */
struct telling {
    struct crowd *crowd;
    struct member *last;
};

static bool told_or_ended(void *arg)
{
    struct telling *telling = arg;
    hear_all(telling->crowd);
    return telling->last->told || telling->crowd->ended;
}

/* The next one connects only then: no backlog is too short. */
static void expect_told(struct crowd *crowd)
{
    const char *name = crowd->program->name;
    struct telling telling = {crowd, &crowd->members[crowd->count - 1]};
    enum waited how =
        wait_for(told_or_ended, &telling, crowd->ready, POLLIN, 25);
    if (how == WAITED_DONE && !crowd->ended)
        return;
    int others = crowd->count - 1;
    struct verdict shown = {.expected = "a line for each client",
                            .received =
                                format("a line for the first %d", others)};
    log_text("clients", "received", shown.received);
    if (!crowd->ended)
        fail_waiting(how, &shown,
                     others == 0 ? "The first of many clients gets no line"
                                 : format("A client gets no line while %d "
                                          "other%s connected and say%s nothing",
                                          others, others == 1 ? " is" : "s are",
                                          others == 1 ? "s" : ""));
    let_work(crowd->program);
    if (is_gone(crowd->program))
        fail_test(&shown, "%s %s when it had %d clients.", name,
                  describe_program(crowd->program), crowd->count);
    fail_test(&shown,
              "%s ended the connection of a client that had not ended its own "
              "side. There were %d clients, which said nothing.",
              name, crowd->count);
}

struct crowd *dial_crowd(struct program *program, uint16_t port, int count)
{
    struct crowd *crowd = need(calloc(1, sizeof *crowd));
    *crowd =
        (struct crowd){.program = program,
                       .members = need(calloc(count, sizeof(struct member))),
                       .ready = epoll_create1(EPOLL_CLOEXEC)};
    if (crowd->ready < 0)
        broken("epoll: %s", strerror(errno));
    log_text("clients", "connect",
             format("%d of them, to port %u; each waits for its first line",
                    count, port));
    while (crowd->count < count) {
        struct epoll_event event = {.events = EPOLLIN,
                                    .data.u32 = crowd->count};
        struct member *next = &crowd->members[crowd->count++];
        next->fd = connect_one(program, port, crowd->count);
        if (epoll_ctl(crowd->ready, EPOLL_CTL_ADD, next->fd, &event) < 0)
            broken("epoll: %s", strerror(errno));
        expect_told(crowd);
    }
    return crowd;
}

static bool all_ended(void *arg)
{
    struct crowd *crowd = arg;
    hear_all(crowd);
    return crowd->ended == crowd->count - crowd->left;
}

void expect_crowd_ended(struct crowd *crowd)
{
    enum waited how = wait_for(all_ended, crowd, crowd->ready, POLLIN, 25);
    log_text("clients", "end",
             format("for %d of %d of them", crowd->ended,
                    crowd->count - crowd->left));
    if (how == WAITED_DONE)
        return;
    struct verdict shown = {
        .expected =
            format("the end of all %d connections", crowd->count - crowd->left),
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
    crowd->left++;
    member->fd = -1; /* its number in epoll's events is its place: it stays */
    return conn;
}

void hang_up_crowd(struct crowd *crowd)
{
    log_text("clients", "close",
             format("%d of them close the connection", crowd->count));
    for (int i = 0; i < crowd->count; i++)
        if (crowd->members[i].fd >= 0)
            close(crowd->members[i].fd);
    close(crowd->ready);
    crowd->count = crowd->ended = 0;
}
