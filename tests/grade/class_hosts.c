/* class_hosts.c: the machines over which a class is spread.
 *
 * bring, a shell script, does all that is done with ssh before and after; GNU
 * parallel does the rest. What cannot be used is named, and left out.
 */
#include "class.h"

#include "inside.h"

#include <err.h>
#include <sha256.h>
#include <stdio.h>
#include <unistd.h>

bool is_this_machine(const struct host *host)
{
    return strcmp(host->login, ":") == 0;
}

/* ---- The list ---- */

static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";

/* No option, and nothing that a shell, ssh or GNU parallel would take apart. */
static bool is_plain(const char *text, size_t size)
{
    return size > 0 && *text != '-' && strspn(text, plain) >= size;
}

static bool is_login(const char *text)
{
    size_t user = strcspn(text, "@");
    const char *host = text[user] ? text + user + 1 : text;
    return !strchr(text, '/') && is_plain(text, user) &&
           is_plain(host, strlen(host));
}

static bool is_port(const char *text)
{
    int port = atoi(text);
    return strspn(text, "0123456789") == strlen(text) && strlen(text) < 6 &&
           port > 0 && port < 65536;
}

static void add_host(struct class *class, const char *word)
{
    char *login = format("%s", word), *port = strchr(login, ':');
    bool here = strcmp(word, ":") == 0 || strcmp(word, "localhost") == 0;
    if (port && !here)
        *port++ = '\0';
    if (!here && (!is_login(login) || (port && !is_port(port))))
        errx(2,
             "HOSTS: \"%s\" is no host: write host, user@host or "
             "user@host:port",
             show_line(word));
    for (int i = 0; i < class->host_count; i++)
        if (strcmp(class->hosts[i].login, here ? ":" : login) == 0 &&
            strcmp(class->hosts[i].port ? class->hosts[i].port : "",
                   port && !here ? port : "") == 0)
            errx(2, "HOSTS names %s twice", show_line(word));
    if (class->host_count == MOST_HOSTS)
        errx(2, "HOSTS names more than %d hosts", MOST_HOSTS);
    class->hosts[class->host_count++] =
        (struct host){.login = here ? ":" : login,
                      .port = here ? NULL : port,
                      .processors = processors_here()};
}

/* Where the class lies on the hosts: in the build folder of the kit that was
 * brought there, under a name of this class on this machine. */
static const char *folder_on_hosts(const struct class *class)
{
    const char *remote = class->options.remote;
    char machine[256] = "", kit[64] = "", hex[SHA256_DIGEST_STRING_LENGTH];
    FILE *pack = popen("tests/grade/bring pack", "re");
    bool packed = pack && fscanf(pack, "%63s", kit) == 1;
    if (!pack || pclose(pack) != 0 || !packed)
        errx(2, "the kit is not packed for the hosts, so nothing is graded");
    gethostname(machine, sizeof machine - 1);
    char *name = format("%s %s", machine, realpath(class->options.class, NULL));
    SHA256Data((uint8_t *)name, strlen(name), hex);
    return format("%s/%s/build/class-%.8s",
                  remote ? remote : ".cache/socket-lab-kit", kit, hex);
}

void read_hosts(struct class *class)
{
    struct options *o = &class->options;
    if (!o->hosts)
        return;
    char *words = format("%s", o->hosts);
    for (char *word = strtok(words, " \t\n,"); word;
         word = strtok(NULL, " \t\n,"))
        add_host(class, word);
    if (class->host_count == 0)
        errx(2, "HOSTS names no host: HOSTS=\"host user@host:port\"");
    if (o->remote && !is_plain(o->remote, strlen(o->remote)))
        errx(2,
             "REMOTE=\"%s\" is no folder for the hosts: letters, digits and "
             ". _ - / alone",
             show_line(o->remote));
    /* No questions, and a machine that has gone is known to have after 20 s. */
    o->ssh = format("%s -o BatchMode=yes -o ConnectTimeout=20 "
                    "-o ServerAliveInterval=5 -o ServerAliveCountMax=4",
                    o->ssh);
    setenv("CLASS_SSH", o->ssh, 1);
    setenv("CLASS_FOLDER", o->class, 1);
}

/* ---- bring ---- */

const char *host_name(const struct host *host)
{
    if (is_this_machine(host))
        return "this machine";
    return host->port ? format("%s:%s", host->login, host->port) : host->login;
}

/* Of all hosts at once, since it takes its time. It says how many processors
 * there are, or, on stderr, why the host cannot be used. */
static void bring_all(struct class *class, const char *what)
{
    FILE *said[MOST_HOSTS] = {0};
    struct buffer labs = {0};
    for (int i = 0; i < class->options.lab_count; i++)
        buffer_text(&labs, format(" %.5s", class->options.labs[i]));
    for (int i = 0; i < class->host_count; i++) {
        const struct host *host = &class->hosts[i];
        if (host->processors && !is_this_machine(host))
            said[i] =
                popen(format("tests/grade/bring %s %s %s '%s' %s%s", what,
                             host->login, host->port ? host->port : "-",
                             class->folder,
                             class->options.allow_unsafe ? "unsafe" : "cell",
                             labs.data),
                      "re");
    }
    for (int i = 0; i < class->host_count; i++) {
        int processors = 0;
        if (!said[i])
            continue;
        bool told = fscanf(said[i], "%d", &processors) == 1;
        bool good = pclose(said[i]) == 0 && told;
        class->hosts[i].processors = good ? processors : 0;
    }
    free(labs.data);
}

static int count_used(const struct class *class)
{
    int used = 0;
    for (int i = 0; i < class->host_count; i++)
        used += class->hosts[i].processors > 0;
    return used;
}

void prepare_hosts(struct class *class)
{
    struct buffer names = {0};
    if (class->host_count == 0)
        return;
    class->folder = folder_on_hosts(class);
    for (int i = 0; i < class->host_count; i++)
        if (!is_this_machine(&class->hosts[i]))
            buffer_text(&names, format("%s%s", names.size ? ", " : "",
                                       host_name(&class->hosts[i])));
    if (names.size)
        printf("Bringing the kit and the class to %s.\n", names.data);
    fflush(stdout);
    bring_all(class, "to");
    if (count_used(class) == 0)
        errx(2, "none of the hosts can be used, so nothing is graded");
}

/* When the last one is lost, this machine does what is left. */
void check_hosts(struct class *class)
{
    if (class->host_count == 0)
        return;
    bring_all(class, "check");
    if (count_used(class) > 0)
        return;
    fputs("No host is left: this machine goes on.\n", stderr);
    class->host_count = 0;
}

void leave_hosts(struct class *class)
{
    if (class->host_count)
        bring_all(class, "leave");
}
