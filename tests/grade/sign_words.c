/* sign_words.c: the words that signs.c looks for, in code and in strings. */
#include "signs.h"

#include <stddef.h>

const struct sign code_signs[] = {
    {"constructor", "has a function that runs before main (constructor)"},
    {"__constructor__", "has a function that runs before main (constructor)"},
    {"ifunc", "has a function that runs before main (ifunc)"},
    {"destructor", "has a function that runs after main (destructor)"},
    {"__destructor__", "has a function that runs after main (destructor)"},
    {"asm", "has words for the assembler (asm)"},
    {"__asm", "has words for the assembler (asm)"},
    {"__asm__", "has words for the assembler (asm)"},
    {"no_sanitize*", "meddles with the sanitizers (no_sanitize)"},
    {"__no_sanitize*", "meddles with the sanitizers (no_sanitize)"},
    {"no_address_safety*", "meddles with the sanitizers (no_sanitize)"},
    {"__SANITIZE_*", "asks whether it is built for a sanitizer"},
    {"__asan_*", "meddles with the sanitizers (__asan_…)"},
    {"__lsan_*", "meddles with the sanitizers (__lsan_…)"},
    {"__ubsan_*", "meddles with the sanitizers (__ubsan_…)"},
    {"__tsan_*", "meddles with the sanitizers (__tsan_…)"},
    {"__sanitizer_*", "meddles with the sanitizers (__sanitizer_…)"},
    {"__libc_*", "uses a name of the C library's own (__libc_…)"},
    {"alias", "has another name for a function (alias)"},
    {"_Pragma", "gives the compiler options of its own (pragma)"},
    {"__has_include", "asks which files there are (__has_include)"},
    {"__has_embed", "asks which files there are (__has_embed)"},
    {"syscall", "makes a system call by its number (syscall)"},
    {"dlsym", "looks up functions by their names (dlsym)"},
    {"dlopen", "loads code (dlopen)"},
    {"ptrace", "looks into other processes (ptrace)"},
    {"process_vm_writev", "looks into other processes"},
    {"memfd_create", "makes files in memory (memfd_create)"},
    {"unshare", "asks for namespaces of its own (unshare)"},
    {"setns", "asks for namespaces of others (setns)"},
    {"CLONE_NEW*", "asks for namespaces of its own (CLONE_NEW…)"},
    {"mount", "mounts (mount)"},
    {"AF_VSOCK", "asks for sockets that leave the arena (AF_VSOCK)"},
    {"AF_PACKET", "asks for all packets (AF_PACKET)"},
    {"AF_ALG", "asks for sockets of the kernel's own (AF_ALG)"},
    {"SOCK_RAW", "asks for raw sockets (SOCK_RAW)"},
    {NULL, NULL}};

const struct sign string_signs[] = {
    {"/proc/self/exe", NULL}, /* a program may ask where it lies, */
    {"/proc/self/fd*", NULL}, /* and what it has open; */
    {"/proc/$*", NULL},       /* a script, whose process a number is */
    {"/proc/*", "has a path of the machine in a string (/proc/…)"},
    {"/lab/*", "has a path of its cell in a string (/lab/…)"},
    {"/cell/*", "has a path of its cell in a string (/cell/…)"},
    {"/kit/*", "has a path of the kit in a string (/kit/…)"},
    {"/root*", "has a path of the machine in a string (/root)"},
    {"/home*", "has a path of the machine in a string (/home)"},
    {"/etc/shadow*", "has a path of the machine in a string (/etc/shadow)"},
    {"/etc/passwd*", "has a path of the machine in a string (/etc/passwd)"},
    {"../../*", "has a path of the kit in a string (../..)"},
    {"LD_PRELOAD*", "has the name of a loader's variable in a string "
                    "(LD_PRELOAD)"},
    {"*build/grade", "has a path of the kit in a string (build/grade)"},
    {"*build/class", "has a path of the kit in a string (build/class)"},
    {"*solutions/", "has a path of the kit in a string (solutions/)"},
    {"*SAN_OPTIONS", "has a sanitizer's variable in a string"},
    {"*.incbin", "puts another file into the program (.incbin)"},
    {NULL, NULL}};
