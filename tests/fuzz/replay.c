/*
 * Feeds a fuzz target the files of its corpus and prints TAP. Runs from the root of
 * the tree; the target is known by the program's name, fuzz_<name>. A target ends
 * the program when something does not hold; VERBOSE=1 then shows at which file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20, PATH_CHARS = 1024 };

static bool replay(DIR *dir, const char *name)
{
    int fd = openat(dirfd(dir), name, O_RDONLY | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "rb") : NULL;
    uint8_t *room = malloc(INPUT_MAX);
    size_t size = file && room ? fread(room, 1, INPUT_MAX, file) : 0;
    bool is_read = file && room && !ferror(file);
    /* Exactly as large as the input, so that a sanitizer sees a read behind it. */
    uint8_t *data = is_read ? malloc(size ? size : 1) : NULL;

    if (data) {
        memcpy(data, room, size);
        (void)LLVMFuzzerTestOneInput(data, size);
    }
    is_read = data != NULL;
    free(data);
    free(room);
    if (file)
        (void)fclose(file);
    else if (fd >= 0)
        (void)close(fd);
    return is_read;
}

static size_t replay_all(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t n = 0;

    if (!dir)
        return 0;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        if (getenv("VERBOSE"))
            fprintf(stderr, "# %s/%s\n", folder, entry->d_name);
        if (!replay(dir, entry->d_name)) {
            fprintf(stderr, "# cannot read %s/%s\n", folder, entry->d_name);
            n = 0;
            break;
        }
        n++;
    }
    (void)closedir(dir);
    return n;
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *program = slash ? slash + 1 : argc > 0 ? argv[0] : "";
    const char *name = strncmp(program, "fuzz_", 5) == 0 ? &program[5] : program;
    char folder[PATH_CHARS];
    size_t n;

    (void)snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name);
    n = replay_all(folder);
    printf("%s 1 - %s takes the %zu inputs of its corpus\n1..1\n", n > 0 ? "ok" : "not ok", name,
           n);
    return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
