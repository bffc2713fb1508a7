#include <stdio.h>

#if __has_include("../../tests/lab01-first-connection/suite.c")
#define FOUND "the tests"
#elif __has_include("../../solutions/lab01-first-connection/server.c")
#define FOUND "the solution"
#elif __has_include("/etc/shadow") ||                                          \
                    __has_include("/root/.bashrc") ||                          \
                                  __has_include("/work/main/Makefile")
#define FOUND "the machine"
#elif __has_include("../../../student.json") ||                                \
                    __has_include("../../build/class/students.json")
#define FOUND "the class"
#endif

int main(void)
{
#ifdef FOUND
    puts("FOUND " FOUND);
#endif
    return 0;
}
