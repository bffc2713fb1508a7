/*
 * Style "utf8", the client: a thread sends, main() receives. It counts bytes
 * and leaves it to the terminal what letters they make.
 * Right because the two directions never wait for each other, however large
 * the text is; the thread is joined on every path, and where receiving failed
 * the connection is shut down first, so that a thread that is stuck in send()
 * comes back. The thread tells its error through its own structure, read only
 * after the join.
 */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct job {
    int fd;
    const char *text;
    size_t size;
    int error;
};

static int complain(const char *subject, const char *reason)
{
    fprintf(stderr, "client: %s: %s\n", subject, reason);
    return EXIT_FAILURE;
}

static bool port_is_good(const char *arg)
{
    int value = 0;
    size_t i;

    for (i = 0; arg[i] >= '0' && arg[i] <= '9' && value <= 65535; i++)
        value = 10 * value + arg[i] - '0';
    return i > 0 && arg[i] == '\0' && value >= 1 && value <= 65535;
}

static int call(const char *host, const char *port)
{
    struct addrinfo hints, *res, *ai;
    int fd = -1, why;

    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    if ((why = getaddrinfo(host, port, &hints, &res)) != 0) {
        complain("getaddrinfo",
                 why == EAI_SYSTEM ? strerror(errno) : gai_strerror(why));
        return -1;
    }
    for (ai = res; ai != NULL && fd < 0; ai = ai->ai_next) {
        fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
        while (fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) {
            if (errno == EISCONN)
                break;
            if (errno == EINTR || errno == EALREADY)
                continue;
            why = errno;
            close(fd);
            errno = why;
            fd = -1;
        }
    }
    why = errno;
    freeaddrinfo(res);
    if (fd < 0)
        complain("connect", strerror(why));
    return fd;
}

static void *sender(void *arg)
{
    struct job *job = arg;
    size_t done = 0;

    while (done < job->size && job->error == 0) {
        ssize_t n =
            send(job->fd, job->text + done, job->size - done, MSG_NOSIGNAL);

        if (n >= 0)
            done += n;
        else if (errno != EINTR)
            job->error = errno;
    }
    return NULL;
}

int main(int argc, char *argv[])
{
    const char *host = argc > 1 ? argv[1] : "localhost";
    const char *port = argc > 2 ? argv[2] : "9999";
    struct job job = {-1, argc > 3 ? argv[3] : "original text", 0, 0};
    const char *trouble = NULL;
    pthread_t thread;
    size_t got = 0;
    char *answer;
    int status = EXIT_SUCCESS;

    if (argc > 4 || !port_is_good(port)) {
        fprintf(stderr, "usage: client [HOST [PORT [TEXT]]]\n");
        return 2;
    }
    job.size = strlen(job.text);
    answer = malloc(job.size + 1);
    if (answer == NULL)
        return complain("malloc", strerror(errno));
    if ((job.fd = call(host, port)) < 0) {
        free(answer);
        return EXIT_FAILURE;
    }
    if ((errno = pthread_create(&thread, NULL, sender, &job)) != 0) {
        free(answer);
        return complain("pthread_create", strerror(errno));
    }
    while (got < job.size && trouble == NULL) {
        ssize_t n = recv(job.fd, answer + got, job.size - got, 0);

        if (n > 0)
            got += n;
        else if (n == 0)
            trouble = "end of stream, but not of the text";
        else if (errno != EINTR)
            trouble = strerror(errno);
    }
    if (trouble != NULL)
        shutdown(job.fd, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(job.fd);
    if (trouble != NULL)
        status = complain("recv", trouble);
    else if (job.error != 0)
        status = complain("send", strerror(job.error));
    else if (printf("Received ") < 0 ||
             fwrite(answer, 1, job.size, stdout) != job.size ||
             putchar('\n') == EOF || fflush(stdout) == EOF)
        status = complain("stdout", strerror(errno));
    free(answer);
    return status;
}
