/* two.c: records any two programs: a server, and a client on another machine.
 *
 *     two --trace FOLDER --server COMMAND --client COMMAND [--port N]
 *         [--input TEXT] [--delay 20ms] [--loss 4,7] [--rcvbuf N]
 *
 * Commands are a shell's. The server's machine is 10.9.0.1. Exit status: 0
 * recorded, 2 a wrong argument, 3 not recorded.
 */
#include "trace.h"

#include <getopt.h>
#include <libgen.h>
#include <stdio.h>

const char *const suite_lab = "two programs";
const struct pairing suite_pairings[] = {{0}};
void (*const suite_canonical)(char *text) = NULL;

int main(int argc, char **argv)
{
    static const struct option known[] = {{"trace", required_argument, 0, 't'},
                                          {"server", required_argument, 0, 's'},
                                          {"client", required_argument, 0, 'c'},
                                          {"port", required_argument, 0, 'p'},
                                          {"input", required_argument, 0, 'i'},
                                          {"delay", required_argument, 0, 'd'},
                                          {"loss", required_argument, 0, 'l'},
                                          {"rcvbuf", required_argument, 0, 'r'},
                                          {0}};
    struct trace_words words = {0};
    const char **texts['z'] = {
        ['t'] = &words.folder, ['s'] = &words.server, ['c'] = &words.client,
        ['p'] = &words.port,   ['i'] = &words.input,  ['d'] = &words.delay,
        ['l'] = &words.loss,   ['r'] = &words.rcvbuf};
    const char *why_not;
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == '?')
            return 2;
        *texts[c] = optarg;
    }
    if (!words.folder || optind < argc) {
        fputs("two: --trace FOLDER says where to\n", stderr);
        return 2;
    }
    trace_read_options(&words);
    config = (struct config){
        .programs = ".", .tools = dirname(own_folder()), .lab = suite_lab};
    isolation_set(isolation_probe(&why_not));
    if (!trace_prepare())
        return 3;
    return trace_finish(trace_run_pair(1)) ? 0 : 3;
}
