/*
 * Style "forky": a child process sends, the parent receives.
 * Right because the two directions never wait for each other, however large
 * the text is. The child's exit status says whether, and with which error,
 * sending ended, and the parent waits for it on every path; where receiving
 * failed it shuts the connection down first, so that a child that is stuck in
 * send() comes back. Nothing is printed before the fork, and the child leaves
 * with _exit(), so no output comes twice.
 */
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void error_exit(const char *name)
{
    perror(name);
    exit(1);
}

static long get_port(const char *s, long min)
{
    char *end;
    long port;

    if (!isdigit((unsigned char)s[0]))
        return -1;
    errno = 0;
    port = strtol(s, &end, 10);
    return *end != '\0' || errno != 0 || port < min || port > 65535 ? -1 : port;
}

static int get_connection(const char *host, const char *service)
{
    struct addrinfo hints, *first, *p;
    int rv, fd = -1;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    if ((rv = getaddrinfo(host, service, &hints, &first)) != 0) {
        fprintf(stderr, "client: getaddrinfo: %s\n",
                rv == EAI_SYSTEM ? strerror(errno) : gai_strerror(rv));
        exit(1);
    }
    for (p = first; p != NULL; p = p->ai_next) {
        fd = socket(p->ai_family, p->ai_socktype, p->ai_protocol);
        if (fd == -1)
            continue;
        while ((rv = connect(fd, p->ai_addr, p->ai_addrlen)) == -1 &&
               (errno == EINTR || errno == EALREADY))
            ;
        if (rv == 0 || errno == EISCONN)
            break;
        rv = errno;
        close(fd);
        errno = rv;
        fd = -1;
    }
    rv = errno;
    freeaddrinfo(first);
    errno = rv;
    if (fd == -1)
        error_exit("client: connect");
    return fd;
}

static int send_all(int fd, const char *p, size_t left)
{
    while (left > 0) {
        ssize_t n = send(fd, p, left, MSG_NOSIGNAL);

        if (n == -1 && errno != EINTR)
            return errno;
        p += n > 0 ? n : 0;
        left -= n > 0 ? n : 0;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *service = argc > 2 ? argv[2] : "9999";
    const char *text = argc > 3 ? argv[3] : "original text";
    size_t len = strlen(text), got = 0;
    const char *reason = NULL;
    char *answer;
    pid_t sender;
    int fd, status;

    if (get_port(service, 1) == -1 || argc > 4) {
        fprintf(stderr, "usage: %s [HOST [PORT [TEXT]]]\n", "client");
        exit(2);
    }
    signal(SIGCHLD, SIG_DFL);
    if ((answer = malloc(len + 1)) == NULL)
        error_exit("client: malloc");
    fd = get_connection(host, service);
    if ((sender = fork()) == -1)
        error_exit("client: fork");
    if (sender == 0)
        _exit(send_all(fd, text, len));

    while (got < len && reason == NULL) {
        ssize_t n = recv(fd, answer + got, len - got, 0);

        if (n > 0)
            got += n;
        else if (n == 0)
            reason = "the stream ended too early";
        else if (errno != EINTR)
            reason = strerror(errno);
    }
    if (reason != NULL)
        shutdown(fd, SHUT_RDWR);
    while (waitpid(sender, &status, 0) == -1)
        if (errno != EINTR)
            error_exit("client: waitpid");
    close(fd);
    if (reason == NULL && WIFSIGNALED(status))
        reason = strsignal(WTERMSIG(status));
    else if (reason == NULL && WEXITSTATUS(status) != 0)
        reason = strerror(WEXITSTATUS(status));
    if (reason == NULL) {
        printf("Received ");
        fwrite(answer, 1, len, stdout);
        putchar('\n');
        if (fflush(stdout) == EOF || ferror(stdout))
            reason = strerror(errno);
    }
    free(answer);
    if (reason != NULL)
        fprintf(stderr, "client: %s: %s\n", host, reason);
    exit(reason != NULL);
}
