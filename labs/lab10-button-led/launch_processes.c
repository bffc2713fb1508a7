/*
 * launch_processes.c - runs led_process and button_process together
 *
 *     build/labs/lab10-button-led/launch_processes
 *
 * Yours to write. README.md says what it must do; the numbers below are an
 * order in which to write it. Run `make lab10` after each. The first test to
 * make pass is launch.starts-both: it does after TODO 2.
 */
#include <err.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argc; /* keeps the compiler quiet: goes as you write */
    (void)argv;
    /* TODO 1: the folder in which this program lies, wherever it was called
               from. readlink(2) of /proc/self/exe; dirname(3)
       TODO 2: start the two that lie there. fork(2), execl(3): where does the
               child go on if execl returns?
       TODO 3: launch_processes.pid, beside it. getpid(2)
       TODO 4: wait for either of them. If one ends by itself: end the other,
               wait for that too, exit status 1. waitpid(2), kill(2)
       TODO 5: SIGINT and SIGTERM: pass them on, wait for both, exit status 0.
               Best without a handler: sigprocmask(2), sigwaitinfo(2)
       TODO 6: what is blocked stays blocked in the children, over exec */
    errx(1, "not written yet");
}
