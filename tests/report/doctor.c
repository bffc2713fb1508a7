/* doctor.c: what isolation this machine gives, and what to do about it. */
#include "inside.h"

#include <stdio.h>
#include <unistd.h>

struct advice {
    const char *symptom, *cure;
};

/* By words of the reason that arena.c or bubblewrap gives. */
static const struct advice advice[] = {
    {"not installed", "Install it: sudo apt-get install bubblewrap."},
    {"uid map",
     "Ubuntu 24.04 and later restrict user namespaces. For this boot:\n"
     "  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
    {"RTM_NEWADDR",
     "Ubuntu 24.04 and later restrict user namespaces. For this boot:\n"
     "  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
    {"restricted",
     "On Ubuntu 24.04 and later, for this boot:\n"
     "  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
    {"switched off", "Switch them on, for this boot:\n"
                     "  sudo sysctl kernel.unprivileged_userns_clone=1\n"
                     "  sudo sysctl user.max_user_namespaces=10000"},
    {"container", "Start the container with more rights, for Docker:\n"
                  "  docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN\n"
                  "      --security-opt seccomp=unconfined --security-opt "
                  "apparmor=unconfined …"},
};

static const char *cure_of(const char *why)
{
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (strstr(why, advice[i].symptom))
            return advice[i].cure;
    return "bubblewrap's own words are above; bwrap(1) and user_namespaces(7) "
           "may help.";
}

int main(void)
{
    const char *why;
    config.tools = own_folder();
    config.programs = ".";

    if (isolation_probe(&why) == ISOLATION_CELL) {
        printf("  ✓ isolation: each test gets a private network, each program "
               "a cell (%s)\n",
               geteuid() == 0 ? "as root, under a user id of its own"
                              : "in a user namespace");
        return 0;
    }
    printf("  ✗ isolation: none. %s.\n\n%s\n\n"
           "Until then: labs run their programs as plain processes on free "
           "ports; tests that\nneed a private network are not run, and make "
           "grade refuses without ALLOW_UNSAFE=1.\n",
           why, cure_of(why));
    return 1;
}
