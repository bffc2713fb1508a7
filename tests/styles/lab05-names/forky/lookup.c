/*
 * Style "forky", with AI_ADDRCONFIG and AI_CANONNAME: a list of lines is made
 * first, in one growing text, and written at the end.
 * Right because it asks with the service, as what it is: a number it has
 * checked itself, with AI_NUMERICSERV, or a name. IPPROTO_TCP in the hints
 * gives each address once, as SOCK_STREAM does.
 */
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int has_letter(const char *s)
{
    while (*s != '\0' && !isalpha((unsigned char)*s))
        s++;
    return *s != '\0';
}

static int is_port(const char *s, long min)
{
    char *end;
    long n = strtol(s, &end, 10);

    return isdigit((unsigned char)s[0]) && *end == '\0' && n >= min &&
           n <= 65535;
}

static void add_line(FILE *out, struct addrinfo *a)
{
    char host[NI_MAXHOST], port[NI_MAXSERV], name[NI_MAXSERV];
    long n;

    getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, name, sizeof name,
                NI_NUMERICHOST);
    getnameinfo(a->ai_addr, a->ai_addrlen, NULL, 0, port, sizeof port,
                NI_NUMERICSERV);
    n = atol(port);
    fprintf(out, "%s %s port %ld (%s",
            a->ai_family == AF_INET ? "IPv4" : "IPv6", host, n,
            n >= 49152  ? "dynamic"
            : n >= 1024 ? "registered"
                        : "well-known");
    if (!isdigit((unsigned char)name[0]) || has_letter(name))
        fprintf(out, ", %s", name);
    fprintf(out, ")\n");
}

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_family = PF_UNSPEC,
                             .ai_protocol = IPPROTO_TCP,
                             .ai_flags = AI_ADDRCONFIG | AI_CANONNAME};
    struct addrinfo *list, *a;
    char *text;
    size_t size;
    FILE *out;
    int e;

    if (argc != 3 || (!has_letter(argv[2]) && !is_port(argv[2], 0))) {
        fprintf(stderr, "usage: %s HOST SERVICE\n", "lookup");
        exit(2);
    }
    if (!has_letter(argv[2]))
        hints.ai_flags |= AI_NUMERICSERV;
    if ((e = getaddrinfo(argv[1], argv[2], &hints, &list)) != 0) {
        fprintf(stderr, "lookup: %s %s: %s\n", argv[1], argv[2],
                gai_strerror(e));
        exit(1);
    }
    if ((out = open_memstream(&text, &size)) == NULL) {
        perror("lookup: open_memstream");
        exit(1);
    }
    for (a = list; a != NULL; a = a->ai_next)
        add_line(out, a);
    freeaddrinfo(list);
    fclose(out);
    fwrite(text, 1, size, stdout);
    free(text);
    return 0;
}
