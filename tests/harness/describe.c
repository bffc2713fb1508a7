/* describe.c: what a program does, or how it ended, in words. */
#include "inside.h"

#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>

static const char *call_name(long number)
{
    static const struct {
        long number;
        const char *name;
    } calls[] = {
        {SYS_read, "read"},
        {SYS_write, "write"},
        {SYS_readv, "readv"},
        {SYS_writev, "writev"},
        {SYS_recvfrom, "recv"},
        {SYS_sendto, "send"},
        {SYS_recvmsg, "recvmsg"},
        {SYS_sendmsg, "sendmsg"},
        {SYS_accept, "accept"},
        {SYS_accept4, "accept"},
        {SYS_connect, "connect"},
        {SYS_close, "close"},
        {SYS_ppoll, "poll"},
        {SYS_pselect6, "select"},
        {SYS_epoll_pwait, "epoll_wait"},
        {SYS_nanosleep, "sleep"},
        {SYS_clock_nanosleep, "sleep"},
        {SYS_futex, "a lock or a join"},
        {SYS_wait4, "wait"},
        {SYS_rt_sigsuspend, "sigsuspend"},
#ifdef SYS_poll
        {SYS_poll, "poll"},
        {SYS_select, "select"},
        {SYS_epoll_wait, "epoll_wait"},
        {SYS_pause, "pause"},
#endif
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == number)
            return calls[i].name;
    return NULL;
}

static bool takes_descriptor(const char *call)
{
    return strstr("read write readv writev recv send recvmsg sendmsg accept "
                  "connect close",
                  call) != NULL;
}

static char *describe_running(struct program *program)
{
    enum { MANY = 20 };
    char path[64], text[256];
    long number;
    unsigned long argument;

    struct effort effort = measure(program);
    if (effort.runnable && effort.threads > MANY)
        return format("is still running, in %d processes and threads, and "
                      "uses the processor",
                      effort.threads);
    if (effort.runnable)
        return format("is still running, and uses the processor");
    snprintf(path, sizeof path, "/proc/%d/syscall", program->pid);
    if (read_proc(path, text, sizeof text) <= 0 ||
        sscanf(text, "%ld %lx", &number, &argument) != 2)
        return format("is still running");
    const char *call = call_name(number);
    if (!call)
        return format("is still running, and waits");
    if (takes_descriptor(call))
        return format("is still running: it waits in %s, descriptor %lu", call,
                      argument);
    return format("is still running: it waits in %s", call);
}

char *describe_program(struct program *program)
{
    if (!program->ended)
        return program->pid ? describe_running(program)
                            : format("has not started yet");
    if (program->stopped)
        return format("was ended by the test");
    int status = program->wait_status;
    if (!WIFSIGNALED(status))
        return format(
            "ended with exit status %d%s", WEXITSTATUS(status),
            is_gone(program) ? "" : ", and left a process in the background");
    int signal_number = WTERMSIG(status);
    if (signal_number == SIGXCPU)
        return format("was ended because it used the processor without a stop");
    return format("was ended by signal %d (%s)", signal_number,
                  strsignal(signal_number));
}
