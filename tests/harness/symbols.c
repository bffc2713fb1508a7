/* symbols.c: does a program go round what a test is made with?
 *
 * Faults are put in where a program calls the C library (faults.c), and what a
 * sanitizer finds comes from its own functions. A program that has functions of
 * those names, or calls the kernel by itself, is not tested by such a test. Its
 * symbols tell (elf(5)). */
#include "inside.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const char *bytes;
    size_t size;
};

static struct image map_file(const char *path)
{
    struct image image = {NULL, 0};
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &about) == 0 && about.st_size > 0) {
        void *bytes = mmap(NULL, about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED)
            image = (struct image){bytes, about.st_size};
    }
    if (fd >= 0)
        close(fd);
    return image;
}

static bool lies_within(const struct image *image, size_t from, size_t size)
{
    return from <= image->size && size <= image->size - from;
}

/* Calls `take` for each function of a table, until it returns something. What
 * is defined elsewhere may have no type. Nothing in a strange file need lie
 * where the processor would have it: it is copied. */
static const char *
each_symbol(const struct image *image, const ElfW(Shdr) * table,
            const ElfW(Shdr) * names,
            const char *(*take)(const char *name, bool defined))
{
    if (!lies_within(image, table->sh_offset, table->sh_size) ||
        !lies_within(image, names->sh_offset, names->sh_size) ||
        names->sh_size == 0 ||
        image->bytes[names->sh_offset + names->sh_size - 1] != '\0')
        return NULL;
    const char *symbols = image->bytes + table->sh_offset;
    ElfW(Sym) symbol;
    for (size_t i = 0; i < table->sh_size / sizeof symbol; i++) {
        memcpy(&symbol, symbols + i * sizeof symbol, sizeof symbol);
        bool is_global = symbol.st_info >> 4 != STB_LOCAL;
        bool defined = symbol.st_shndx != SHN_UNDEF;
        bool is_data = (symbol.st_info & 15) == STT_OBJECT;
        if (symbol.st_name >= names->sh_size || !is_global || is_data)
            continue;
        const char *name = image->bytes + names->sh_offset + symbol.st_name;
        const char *found = take(name, defined);
        if (found)
            return found;
    }
    return NULL;
}

static ElfW(Shdr) section_at(const struct image *image, size_t from, int number)
{
    ElfW(Shdr) section;
    memcpy(&section, image->bytes + from + number * sizeof section,
           sizeof section);
    return section;
}

static const char *find_in(const struct image *image,
                           const char *(*take)(const char *, bool))
{
    const ElfW(Ehdr) *head = (const void *)image->bytes;
    const char *found = NULL;
    if (image->size < sizeof *head ||
        memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_shentsize != sizeof(ElfW(Shdr)) ||
        !lies_within(image, head->e_shoff, head->e_shnum * sizeof(ElfW(Shdr))))
        return NULL;
    for (int i = 0; i < head->e_shnum && !found; i++) {
        ElfW(Shdr) table = section_at(image, head->e_shoff, i), names;
        if ((table.sh_type != SHT_SYMTAB && table.sh_type != SHT_DYNSYM) ||
            table.sh_link >= head->e_shnum)
            continue;
        names = section_at(image, head->e_shoff, (int)table.sh_link);
        found = each_symbol(image, &table, &names, take);
    }
    return found;
}

static const char *find_symbol(const char *path,
                               const char *(*take)(const char *, bool))
{
    struct image image = map_file(path);
    if (!image.bytes)
        return NULL;
    const char *found = find_in(&image, take);
    if (found)
        found = format("%s", found);
    munmap((void *)image.bytes, image.size);
    return found;
}

/* "syscall@GLIBC_2.2.5" is syscall. */
static bool is_one_of(const char *name, const char *const *names)
{
    size_t length = strcspn(name, "@");
    for (; *names; names++)
        if (strlen(*names) == length && memcmp(name, *names, length) == 0)
            return true;
    return false;
}

static const char *goes_round_faults(const char *name, bool defined)
{
    static const char *const called[] = {"syscall", "dlsym",   "dlvsym",
                                         "dlopen",  "dlmopen", NULL};
    static const char *const own[] = {
        "send",     "sendto",   "sendmsg", "write",          "writev",
        "recv",     "recvfrom", "recvmsg", "read",           "readv",
        "accept",   "accept4",  "connect", "listen",         "bind",
        "poll",     "ppoll",    "select",  "pselect",        "epoll_wait",
        "shutdown", "close",    "clone",   "pthread_create", "epoll_pwait",
        NULL};
    return is_one_of(name, defined ? own : called) ? name : NULL;
}

static const char *talks_to_sanitizer(const char *name, bool defined)
{
    static const char *const begins[] = {"__asan_",      "__lsan_",
                                         "__ubsan_",     "__tsan_",
                                         "__sanitizer_", "__hwasan_"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins && defined; i++)
        if (strncmp(name, begins[i], strlen(begins[i])) == 0)
            return name;
    return NULL;
}

void require_no_detour(const struct launch *launch)
{
    const char *path =
        format("%s/%s%s", config.programs, launch->name, build_suffix(launch));
    const char *found = NULL;
    if (launch->sanitized || launch->watched)
        found = find_symbol(path, talks_to_sanitizer);
    if (found)
        look_at("%s has a function of the sanitizers' own, %s.", launch->name,
                found);
    if (!found && launch->faults &&
        (found = find_symbol(path, goes_round_faults)))
        look_at("%s goes round the C library, by %s.", launch->name, found);
    if (!found)
        return;
    given(NULL);
    advise("A test that a program goes round says nothing of it.",
           format("Do without %s: call send, recv and the others as the "
                  "handout has them.",
                  found));
    fail_test(NULL,
              "%s has %s, with which this test does not reach what it does, so "
              "it is not tested.",
              launch->name, found);
}

/* exec without LD_PRELOAD is a detour, too. The loader maps what is preloaded
 * before the C library: a program that has the one and not the other will not
 * get it any more (ld.so(8)). One that is just being started has neither. */
static bool runs_without_faults(const struct program *program)
{
    char line[512];
    bool has_faults = false, has_library = false;
    FILE *maps = fopen(format("/proc/%d/maps", program->pid), "re");
    while (maps && !has_faults && fgets(line, sizeof line, maps)) {
        has_faults = strstr(line, "faults.so") != NULL;
        has_library |= strstr(line, "/libc.so") != NULL;
    }
    if (maps)
        fclose(maps);
    return has_library && !has_faults;
}

/* Looks twice: maps is read piece by piece, while more is mapped. */
void look_for_faults(struct program *program)
{
    program->detour |= program->faulted && !program->ended && program->pid &&
                       runs_without_faults(program) &&
                       runs_without_faults(program);
}

void require_faults(void)
{
    collect_output();
    for (struct program *p = all_programs; p; p = p->next) {
        look_for_faults(p);
        if (!p->detour)
            continue;
        look_at("%s started itself once more without the faults of a test.",
                p->name);
        given(NULL);
        fail_test(NULL,
                  "%s started itself, or another program, without the faults "
                  "that this test is made with, so it is not tested.",
                  p->name);
    }
}
