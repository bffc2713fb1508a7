/*
 * Style "inetd": the child of each client has it for stdin and stdout, and
 * answers with stdio.
 * Right because what stdout holds is flushed before the child may have to wait
 * for more; after a line too long it reads on, and alarm() sees to it that not
 * for ever. The parent waits for nobody.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 65536

static char line[LONGEST];

static int next_byte(void)
{
    static char buffer[4096];
    static ssize_t have, at;

    if (at == have) {
        fflush(stdout); /* before it may wait */
        do
            have = read(0, buffer, sizeof buffer);
        while (have < 0 && errno == EINTR);
        at = 0;
        if (have <= 0)
            return have = 0, EOF;
    }
    return (unsigned char)buffer[at++];
}

static void answer(size_t length)
{
    fputs("Echo ==>", stdout);
    fwrite(line, 1, length, stdout);
    putchar('\n');
}

static void refuse(void)
{
    puts("ERR line too long");
    fflush(stdout);
    shutdown(1, SHUT_WR);
    alarm(1);
    while (next_byte() != EOF)
        ;
}

static void answer_lines(void)
{
    size_t length = 0;
    int c;

    while ((c = next_byte()) != EOF) {
        if (c == '\n') {
            answer(length);
            length = 0;
        } else if (length == LONGEST) {
            refuse();
            return;
        } else {
            line[length++] = c;
        }
    }
    if (length > 0)
        answer(length);
    fflush(stdout);
}

static void child(int client)
{
    dup2(client, STDIN_FILENO);
    dup2(client, STDOUT_FILENO);
    for (int fd = 3; fd <= client; fd++)
        close(fd);
    signal(SIGPIPE, SIG_DFL);
    answer_lines();
    exit(0);
}

static void fail(const char *call)
{
    perror(call);
    exit(1);
}

static int listening(const char *port)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int fd, yes = 1;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons(atoi(port));
    if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
        fail("line_server: socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1)
        fail("line_server: setsockopt");
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == -1)
        fail("line_server: bind");
    if (listen(fd, 64) == -1)
        fail("line_server: listen");
    if (getsockname(fd, (struct sockaddr *)&address, &length) == -1)
        fail("line_server: getsockname");
    printf("listening on port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static int is_port(const char *s)
{
    return *s != '\0' && strspn(s, "0123456789") == strlen(s) &&
           strlen(s) <= 5 && atoi(s) <= 65535;
}

int main(int argc, char *argv[])
{
    if (argc > 2 || (argc == 2 && !is_port(argv[1]))) {
        fputs("usage: line_server [PORT]\n", stderr);
        return 2;
    }
    int listener = listening(argc == 2 ? argv[1] : "5050");

    signal(SIGCHLD, SIG_IGN); /* nobody has to wait for a child */
    for (;;) {
        int client = accept(listener, NULL, NULL);

        if (client != -1) {
            pid_t pid = fork();
            if (pid == 0)
                child(client);
            close(client);
            if (pid != -1)
                continue;
        }
        if (errno != EINTR && errno != ECONNABORTED) {
            struct timespec a_while = {0, 25000000};
            nanosleep(&a_while, NULL);
        }
    }
}
