/* floor.c: what a suite would cost if there were no harness.
 *
 *     floor PROGRAMS RECORDS FAULTS_SO JOBS
 *
 * RECORDS holds the conversations of a suite's tests, as `suite --record` left
 * them. Each is done again with the same programs, arguments and bytes, by bare
 * fork, exec, connect, send and recv: no cells, no limits, no looking at
 * anything. JOBS processes share them out, each in a network namespace of its
 * own. A test's own question (is it right?) is not asked; the time is the floor
 * under any harness.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 512, NAME = 32 };

struct party {
    char name[NAME];          /* "client 1", "server 2" */
    pid_t pid;                /* a program */
    int input;                /* its stdin, while open */
    int fd;                   /* a connection */
    size_t ahead;             /* bytes that came before they were asked for */
    bool may_stay;            /* a program: see wait_end */
    struct sockaddr_in other; /* of a UDP socket: whom it sends to */
};

static const char *programs, *faults_so;
static struct party parties[MOST];
static int party_count;
static int listener = -1;
static struct sockaddr_in listening_at;
static unsigned listening_port;   /* the program's, as it was last told */
static struct sockaddr_in asking; /* who sent the last datagram to the test */
static char *arguments[16];
static int argument_count;
static char build[NAME];

static struct party *party(const char *name)
{
    for (int i = 0; i < party_count; i++)
        if (strcmp(parties[i].name, name) == 0)
            return &parties[i];
    if (party_count == MOST)
        errx(1, "more parties than %d", MOST);
    struct party *new = &parties[party_count++];
    *new = (struct party){.input = -1, .fd = -1};
    snprintf(new->name, NAME, "%s", name);
    return new;
}

/* ---- Programs ---- */

static void run(const char *name, const char *text)
{
    char path[4096], *argv[18] = {(char *)name};
    snprintf(path, sizeof path, "%s/%.*s%s", programs, (int)strcspn(name, " "),
             name, build);
    if (strncmp(name, "netcat-openbsd", 14) == 0) /* a peer in lab 08 */
        strcpy(path, "/usr/bin/nc.openbsd");
    memcpy(argv + 1, arguments, argument_count * sizeof *arguments);
    const char *faults = strstr(text, "(faults: ");
    bool stops = faults && strstr(faults, "stop-at-");
    if (*build || (faults && !stops)) {
        setenv("LD_PRELOAD", faults_so, 1);
        setenv("LAB_FAULTS", *build ? "leak-check" : faults, 1);
        setenv("ASAN_OPTIONS",
               "verify_asan_link_order=0:detect_stack_use_after_return=1", 1);
    }
    execv(path, argv);
    err(127, "%s", path);
}

/* The text of the record says what faults there were. A name that the test had
 * put into its own hosts file is replaced by the address behind it. */
static void start(struct party *program, const char *text)
{
    int in[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (pipe2(in, O_CLOEXEC) < 0 || null < 0)
        err(1, "pipe");
    if (argument_count && strstr(arguments[0], ".example"))
        arguments[0] = strdup(inet_ntoa(listening_at.sin_addr));
    program->pid = fork();
    if (program->pid < 0)
        err(1, "fork");
    if (program->pid == 0) {
        dup2(in[0], 0);
        dup2(null, 1);
        dup2(null, 2);
        signal(SIGPIPE, SIG_DFL);
        run(program->name, text);
    }
    close(in[0]);
    close(null);
    program->input = in[1];
    program->may_stay = false;
    for (int i = 0; i < argument_count; i++)
        program->may_stay |= *arguments[i] == '-' && strchr(arguments[i], 'U');
    argument_count = 0;
}

static void end_input(struct party *program)
{
    if (program->input >= 0)
        close(program->input);
    program->input = -1;
}

/* A program may have ended for something that is not there in the replay: what
 * was at its path (option -U), or a stdout that the test had closed. */
static void wait_end(struct party *program, bool kill_it)
{
    end_input(program);
    int fd =
        program->pid > 0 ? (int)syscall(SYS_pidfd_open, program->pid, 0) : -1;
    struct pollfd end = {.fd = fd, .events = POLLIN};
    if (fd >= 0 &&
        (kill_it || poll(&end, 1, program->may_stay ? 300 : -1) == 0))
        kill(program->pid, SIGKILL);
    if (fd >= 0)
        close(fd);
    while (program->pid > 0 && waitpid(program->pid, NULL, 0) < 0 &&
           errno == EINTR)
        ;
    program->pid = 0;
}

static int signal_by_text(const char *text)
{
    static const int used[] = {SIGSTOP, SIGCONT, SIGTERM, SIGINT};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        if (strncmp(text, strsignal(used[i]), strlen(strsignal(used[i]))) == 0)
            return used[i];
    return 0;
}

/* More than a pipe holds is written by a child, while all else goes on. */
static void give_input(struct party *program, const char *data, size_t size)
{
    enum { PIPE_HOLDS = 65536 };
    pid_t writer = size > PIPE_HOLDS ? fork() : -1;
    while (program->input >= 0 && writer <= 0 && size) {
        ssize_t n = write(program->input, data, size);
        if (n < 0)
            break;
        data += n;
        size -= n;
    }
    if (writer == 0)
        _exit(0);
}

/* ---- Connections ---- */

static struct sockaddr_in address_in(const char *text, const char *form)
{
    char address[64];
    unsigned port;
    struct sockaddr_in found = {.sin_family = AF_INET};
    if (sscanf(text, form, address, &port) != 2)
        errx(1, "no address in: %s", text);
    found.sin_port = htons(port);
    inet_pton(AF_INET, address, &found.sin_addr);
    return found;
}

static void set_up(struct party *conn, int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    conn->fd = fd;
}

/* "to path nc.sock", "at path nc.sock": in the worker's own folder. */
static const char *path_in(const char *text, struct sockaddr_un *address)
{
    const char *path = strstr(text, " path ");
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (path)
        snprintf(address->sun_path, sizeof address->sun_path, "%s", path + 6);
    return path ? address->sun_path : NULL;
}

static void connect_to_path(struct party *conn, struct sockaddr_un *to)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    for (int ms = 0; ms < 300; ms++)
        if (connect(fd, (struct sockaddr *)to, sizeof *to) == 0)
            break;
        else
            poll(NULL, 0, 1);
    set_up(conn, fd);
}

/* The server may not listen yet: try until it does. */
static void connect_to(struct party *conn, const char *text)
{
    struct sockaddr_un path;
    if (path_in(text, &path)) {
        connect_to_path(conn, &path);
        return;
    }
    if (!strstr(text, " port "))
        return; /* nobody listened at that path */
    struct sockaddr_in to = address_in(text, "to %63s port %u");
    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
            set_up(conn, fd);
            return;
        }
        close(fd);
        if (strstr(text, "refused"))
            return;
        poll(NULL, 0, 1);
    }
}

/* Until a socket is in state LISTEN (0A) on the port, or bound to it for
 * datagrams (07); proc(5). */
static void await_listener(const char *text)
{
    unsigned port, local, state;
    char line[256];
    struct sockaddr_un path;
    if (path_in(text, &path))
        return; /* connect_to_path waits */
    if (sscanf(text, "on port %u", &port) != 1)
        errx(1, "no port in: %s", text);
    listening_port = port;
    for (;; poll(NULL, 0, 1)) {
        const char *const tables[] = {
            "/proc/self/net/tcp", "/proc/self/net/tcp6", "/proc/self/net/udp",
            "/proc/self/net/udp6"};
        for (int i = 0; i < 4; i++) {
            FILE *table = fopen(tables[i], "re");
            bool found = false;
            while (table && !found && fgets(line, sizeof line, table))
                found = sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[^ ] %x", &local,
                               &state) == 2 &&
                        local == port && state == (i < 2 ? 0x0a : 0x07);
            if (table)
                fclose(table);
            if (found)
                return;
        }
    }
}

static void listen_at(const char *text)
{
    struct sockaddr_un path;
    if (listener >= 0)
        close(listener);
    if (path_in(text, &path)) {
        listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(listener, (struct sockaddr *)&path, sizeof path) < 0 ||
            listen(listener, 16) < 0)
            err(1, "listen");
        return;
    }
    listening_at = address_in(text, "on %63s port %u");
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&listening_at, sizeof listening_at) <
            0 ||
        listen(listener, 16) < 0)
        err(1, "listen");
}

/* Bytes that wait: how many now. 0 at the end of the stream, -1 if none. */
static ssize_t take(struct party *conn, int timeout, bool may_send)
{
    static char piece[65536];
    struct pollfd watched = {.fd = conn->fd,
                             .events = may_send ? POLLIN | POLLOUT : POLLIN};
    poll(&watched, 1, timeout);
    ssize_t n = recv(conn->fd, piece, sizeof piece, 0);
    if (n > 0)
        conn->ahead += n;
    return n < 0 && errno != EAGAIN ? 0 : n;
}

static void send_bytes(struct party *conn, const char *data, size_t size)
{
    while (size && conn->fd >= 0) {
        ssize_t n = send(conn->fd, data, size, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return;
        if (n < 0) {
            if (take(conn, 100, true) == 0)
                return;
            continue;
        }
        data += n;
        size -= n;
    }
}

static void receive_bytes(struct party *conn, size_t size)
{
    while (conn->fd >= 0 && conn->ahead < size)
        if (take(conn, 2000, false) <= 0)
            break;
    conn->ahead -= conn->ahead < size ? conn->ahead : size;
}

static void close_conn(struct party *conn, bool with_reset)
{
    struct linger at_once = {1, 0};
    if (with_reset)
        setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (conn->fd >= 0)
        close(conn->fd);
    conn->fd = -1;
    conn->ahead = 0;
}

/* ---- Datagrams ---- */

static void bind_udp(struct party *party, const char *text)
{
    struct sockaddr_in here = address_in(text, "to %63s port %u");
    if (strcmp(party->name, "stranger") != 0)
        listening_at = here;
    party->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(party->fd, (struct sockaddr *)&here, sizeof here) < 0)
        err(1, "bind");
}

/* A client sends to the server; who was bound first, to whoever asked last. */
static void send_datagram(struct party *party, const char *data, size_t size)
{
    if (party->fd < 0) {
        party->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        party->other =
            (struct sockaddr_in){.sin_family = AF_INET,
                                 .sin_port = htons(listening_port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    }
    const struct sockaddr_in *to =
        party->other.sin_port ? &party->other : &asking;
    if (sendto(party->fd, data, size, 0, (const struct sockaddr *)to,
               sizeof *to) < 0)
        warn("a datagram to port %u", ntohs(to->sin_port));
}

static void receive_datagram(struct party *party)
{
    static char piece[65536];
    struct pollfd watched = {.fd = party->fd, .events = POLLIN};
    socklen_t size = sizeof asking;
    if (poll(&watched, 1, 2000) == 1)
        recvfrom(party->fd, piece, sizeof piece, MSG_DONTWAIT,
                 (struct sockaddr *)&asking, &size);
}

/* ---- A record ---- */

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static size_t from_hex(char *text)
{
    size_t size = strcspn(text, "\n") / 2;
    if (*text == '#')
        return strtoul(text + 1, NULL, 10);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    text[size] = '\0';
    return size;
}

/* Port 0 was another port then than it would be now: take the one that the
 * kernel had picked. */
static void settle_port(FILE *record)
{
    char *line = NULL, *zero = NULL;
    size_t room = 0;
    unsigned port;
    long here = ftell(record);

    for (int i = 0; i < argument_count && !zero; i++)
        if (strcmp(arguments[i], "0") == 0)
            zero = arguments[i] = realloc(arguments[i], 16);
    while (zero && getline(&line, &room, record) > 0) {
        char *hex = strstr(line, "\tlistens\t");
        if (!hex)
            continue;
        from_hex(hex += strlen("\tlistens\t"));
        if (sscanf(hex, "on port %u", &port) == 1)
            snprintf(zero, 16, "%u", port);
        break;
    }
    free(line);
    fseek(record, here, SEEK_SET);
}

static void do_event(const char *who, const char *what, const char *data,
                     size_t size)
{
    struct party *p = party(who);
    if (!strcmp(what, "argument") && argument_count < 16)
        arguments[argument_count++] = strndup(data, size);
    else if (!strcmp(what, "build"))
        snprintf(build, sizeof build, "%s", data);
    else if (!strcmp(what, "started"))
        start(p, data);
    else if (!strcmp(what, "stdin"))
        give_input(p, data, size);
    else if (!strcmp(what, "stdout") && !strcmp(who, "test"))
        for (int i = 0; i < party_count; i++)
            parties[i].may_stay = true;
    else if (!strcmp(what, "stdin ends"))
        end_input(p);
    else if (!strcmp(what, "killed"))
        wait_end(p, true);
    else if (!strcmp(what, "ended"))
        wait_end(p, false);
    else if (!strcmp(what, "signal") && p->pid > 0)
        kill(p->pid, signal_by_text(data));
    else if (!strcmp(what, "listens"))
        await_listener(data);
    else if (!strcmp(what, "listen"))
        listen_at(data);
    else if (!strcmp(what, "accept"))
        set_up(p, accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    else if (!strcmp(what, "connect"))
        connect_to(p, data);
    else if (!strcmp(what, "sent"))
        send_bytes(p, data, size);
    else if (!strcmp(what, "received"))
        receive_bytes(p, size);
    else if (!strcmp(what, "bound"))
        bind_udp(p, data);
    else if (!strcmp(what, "sent datagram"))
        send_datagram(p, data, size);
    else if (!strcmp(what, "received datagram"))
        receive_datagram(p);
    else if (!strcmp(what, "end"))
        while (p->fd >= 0 && take(p, 2000, false) > 0)
            ;
    else if (!strcmp(what, "shutdown"))
        shutdown(p->fd, SHUT_WR);
    else if (!strcmp(what, "close") || !strcmp(what, "reset"))
        close_conn(p, *what == 'r');
}

/* The worker's folder, which is its working folder. */
static void empty_folder(void)
{
    DIR *folder = opendir(".");
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        unlinkat(dirfd(folder), entry->d_name, 0); /* not . and .. */
    if (folder)
        closedir(folder);
}

static void replay(FILE *record)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, record) > 0) {
        char *who = strtok(line, "\t"), *what = strtok(NULL, "\t");
        char *hex = what + strlen(what) + 1;
        bool is_count = *hex == '#';
        size_t size = from_hex(hex);
        if (strcmp(what, "started") == 0)
            settle_port(record);
        char *many = is_count ? malloc(size) : NULL;
        if (many) /* which bytes is not told; none that ends an argument */
            memset(many, 'x', size);
        do_event(who, what, many ? many : hex, size);
        free(many);
    }
    for (int i = 0; i < party_count; i++) {
        wait_end(&parties[i], true);
        close_conn(&parties[i], false);
    }
    if (listener >= 0)
        close(listener);
    listener = -1;
    party_count = 0;
    free(line);
    empty_folder();
}

static void private_network(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int spaces = geteuid() ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET;
    int fd;
    if (unshare(spaces) < 0 || (fd = socket(AF_INET, SOCK_DGRAM, 0)) < 0 ||
        ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        err(1, "private network");
    close(fd);
}

static void worker(int which, int workers, const char *folder)
{
    struct dirent **records;
    char own[4096];
    int count = scandir(folder, &records, NULL, alphasort);
    private_network();
    snprintf(own, sizeof own, "%s.floor-XXXXXX", folder);
    if (!mkdtemp(own) || chdir(own) < 0)
        err(1, "%s", own);
    alarm(60); /* a replay that waits for ever must not */
    signal(SIGPIPE, SIG_IGN);
    for (int i = which; i < count; i += workers) {
        char path[4096];
        if (records[i]->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, records[i]->d_name);
        FILE *record = fopen(path, "re");
        if (!record)
            err(1, "%s", path);
        replay(record);
        fclose(record);
    }
    rmdir(own);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        errx(2, "usage: floor PROGRAMS RECORDS FAULTS_SO JOBS");
    /* Workers change their working folder. */
    programs = realpath(argv[1], NULL);
    const char *folder = realpath(argv[2], NULL);
    faults_so = realpath(argv[3], NULL);
    if (!programs || !folder || !faults_so)
        err(1, "%s, %s or %s", argv[1], argv[2], argv[3]);
    int workers = atoi(argv[4]);
    for (int i = 0; i < workers; i++)
        if (fork() == 0) {
            worker(i, workers, folder);
            _exit(0);
        }
    int failed = 0, status;
    while (wait(&status) > 0)
        failed |= status != 0;
    return failed;
}
