/* sanitizer.c: what AddressSanitizer, LeakSanitizer, UBSan and ThreadSanitizer
 * wrote on the stderr of a program, in a sentence. */
#include "inside.h"

#include <signal.h>

/* A frame's function and the name of its file. Who prints a report of his own
 * may put anything into it: nothing of that steers a terminal. */
static const char *show_frame(const char *function, const char *file)
{
    const char *slash = strrchr(file, '/');
    return format("in %s (%s)", show_line(function),
                  show_line(slash ? slash + 1 : file));
}

/* Where in the program a report of AddressSanitizer points to: the first frame
 * "#1 0x55d0 in main labs/lab02-uppercase-echo/server.c:12" that lies in the
 * lab: those of the C library and of the sanitizer do not. */
static const char *first_frame(const char *report)
{
    char function[100], file[400];
    for (const char *at = report; (at = strstr(at, "\n    #")); at++)
        if (sscanf(at, " #%*d 0x%*x in %99s %399[^\n]", function, file) == 2 &&
            strstr(file, config.lab) && strstr(file, ".c:"))
            return format(", %s", show_frame(function, file));
    return "";
}

/* "==2==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x…" */
static const char *address_report(const char *errors)
{
    const char *found = strstr(errors, "==ERROR: ");
    if (!found || !strstr(found, "Sanitizer: "))
        return NULL;
    found += strlen("==ERROR: ");
    size_t length = strcspn(found, "\n"), cut = length;
    static const char *const details[] = {" on ", " ("};
    for (int i = 0; i < 2; i++) {
        const char *detail = strstr(found, details[i]);
        if (detail && (size_t)(detail - found) < cut)
            cut = detail - found;
    }
    return format("%s%s", show_line(format("%.*s", (int)cut, found)),
                  first_frame(found));
}

/* "server.c:12:5: runtime error: signed integer overflow: …" */
static const char *undefined_report(const char *errors)
{
    const char *found = strstr(errors, ": runtime error: ");
    if (!found || found == errors || !strchr("0123456789", found[-1]))
        return NULL;
    while (found > errors && found[-1] != '\n' && found[-1] != '/')
        found--;
    return show_line(found);
}

/* "WARNING: ThreadSanitizer: data race (pid=2)", then what accessed what, each
 * with its frames, "#0 start_thread server.c:12 (server+0x1234)". */
static const char *thread_report(const char *errors)
{
    static const char title[] = "WARNING: ThreadSanitizer: ";
    const char *found = strstr(errors, title);
    char function[100], file[400];
    if (!found)
        return NULL;
    found += strlen(title);
    const char *kind =
        show_line(format("%.*s", (int)strcspn(found, "(\n"), found));
    for (const char *at = found; (at = strstr(at, "\n    #")); at++)
        if (sscanf(at, " #%*d %99s %399[^ \n]", function, file) == 2 &&
            file[0] != '.' && strstr(file, ".c:"))
            return format("%s%s", kind, show_frame(function, file));
    return kind;
}

/* What a sanitizer had to say explains whatever else went wrong. */
const char *sanitizer_report(void)
{
    for (struct program *p = all_programs; p; p = p->next) {
        const char *errors = p->sanitized ? errors_of(p, NULL) : "";
        const char *report = undefined_report(errors);
        if (!report)
            report = address_report(errors);
        if (report && strstr(report, "LeakSanitizer"))
            return format("%s did not free all memory that it allocated: %s",
                          p->name, report);
        if (!report && (report = thread_report(errors)))
            return format("ThreadSanitizer found something in %s: %s", p->name,
                          report);
        if (report)
            return format("A sanitizer stopped %s: %s", p->name, report);
    }
    return NULL;
}

/* A program need not end by SIGTERM, nor by a signal that nobody uses. */
static bool ends_by(struct program *program, int signal_number)
{
    send_signal(program, signal_number);
    return wait_for(program_ended, program, -1, 0, 25) == WAITED_DONE;
}

const struct verdict *sanitizer_verdict(const char *report)
{
    static const struct verdict
        threads = {.expected = "no report of ThreadSanitizer"},
        others = {.expected = "no report of AddressSanitizer, LeakSanitizer or "
                              "UBSan"};
    return strstr(report, "ThreadSanitizer") ? &threads : &others;
}

void require_no_race(void)
{
    collect_output();
    const char *report = config.watched ? sanitizer_report() : NULL;
    if (report)
        fail_test(sanitizer_verdict(report), "%s", report);
}

/* It writes for a while, and then ends the program. A signal meanwhile would
 * cut off the lines that say where. */
static bool is_reporting(struct program *program)
{
    let_work(program);
    return strstr(errors_of(program, NULL), "==ERROR: ") != NULL;
}

void expect_no_sanitizer_report(struct program *program)
{
    if (is_reporting(program))
        wait_for(program_ended, program, -1, 0, 25);
    if (!ends_by(program, SIGTERM) && !ends_by(program, SIGRTMAX))
        stop_program(program);
    const char *report = sanitizer_report();
    if (!report && !program->stopped && WIFEXITED(program->wait_status) &&
        WEXITSTATUS(program->wait_status) == SANITIZER_STATUS)
        report = "A sanitizer stopped it, but its report did not come on "
                 "stderr.";
    if (report)
        fail_test(sanitizer_verdict(report), "%s", report);
}
