/*
 * Style "epoll": the lines are written into memory (open_memstream), and go
 * out in one piece at the end; inet_ntop() and getservbyport_r() in place of
 * getnameinfo().
 * Right because both families of struct sockaddr are looked at as what they
 * are, and getservbyport_r() is asked in network byte order, for "tcp".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int is_number(const char *s)
{
    return *s != '\0' && s[strspn(s, "0123456789")] == '\0' &&
           strlen(s) < 10 && atol(s) <= 65535;
}

static int has_letter(const char *s)
{
    int letters = 0;

    for (; *s != '\0'; s++)
        letters += isalpha((unsigned char)*s) != 0;
    return letters > 0;
}

static void describe(FILE *out, const struct addrinfo *a)
{
    int six = a->ai_family == AF_INET6;
    const struct sockaddr_in *v4 = (const void *)a->ai_addr;
    const struct sockaddr_in6 *v6 = (const void *)a->ai_addr;
    in_port_t port = six ? v6->sin6_port : v4->sin_port;
    char text[INET6_ADDRSTRLEN], room[4096];
    struct servent entry, *found = NULL;

    inet_ntop(a->ai_family,
              six ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr,
              text, sizeof text);
    fprintf(out, "IPv%c %s port %u (", six ? '6' : '4', text, ntohs(port));
    fputs(ntohs(port) <= 1023    ? "well-known"
          : ntohs(port) <= 49151 ? "registered"
                                 : "dynamic",
          out);
    if (getservbyport_r(port, "tcp", &entry, room, sizeof room, &found) == 0 &&
        found != NULL)
        fprintf(out, ", %s", found->s_name);
    fputs(")\n", out);
}

int main(int argc, char **argv)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *all;
    char *text = NULL;
    size_t size = 0;

    if (argc != 3 || (!has_letter(argv[2]) && !is_number(argv[2]))) {
        fputs("usage: lookup HOST SERVICE\n", stderr);
        return 2;
    }
    int error = getaddrinfo(argv[1], argv[2], &wanted, &all);
    if (error != 0) {
        fprintf(stderr, "lookup: %s %s: %s\n", argv[1], argv[2],
                gai_strerror(error));
        return 1;
    }
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        perror("lookup: open_memstream");
        return 1;
    }
    for (struct addrinfo *a = all; a != NULL; a = a->ai_next)
        describe(out, a);
    freeaddrinfo(all);
    fclose(out);
    size_t written = fwrite(text, 1, size, stdout);
    free(text);
    return written == size && fclose(stdout) == 0 ? 0 : 1;
}
