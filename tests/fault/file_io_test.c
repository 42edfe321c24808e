/*
 * Every call with which a small file is made fails once. Whatever fails, the caller
 * gets an error and the directory is as it was before.
 *
 * The calls of this program stand before the C library's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/file.h"
#include "tests/lib/unit.h"

enum fault { FAULT_ERROR, FAULT_SHORT, FAULT_INTERRUPT, FAULT_COUNT };

static long n_until_failure; /* 0: none */
static enum fault kind;
static bool has_failed;
static bool is_unnamed_unknown; /* as on a file system without O_TMPFILE */
static const char *watched_dir; /* not NULL: n_names_seen is its largest size at a write or flush */
static size_t n_names_seen;

static size_t count_entries(const char *dir);

static void look(void)
{
    const char *dir = watched_dir;
    size_t n;

    watched_dir = NULL;
    n = dir ? count_entries(dir) : 0;
    watched_dir = dir;
    n_names_seen = n > n_names_seen ? n : n_names_seen;
}

static bool fails(void)
{
    if (n_until_failure == 0 || --n_until_failure > 0)
        return false;
    has_failed = true;
    errno = kind == FAULT_INTERRUPT ? EINTR : EIO;
    return true;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = va_arg(args, mode_t);
    va_end(args);
    if (is_unnamed_unknown && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return fails() && kind != FAULT_SHORT ? -1
                                          : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    look();
    if (fails() && kind != FAULT_SHORT)
        return -1;
    return (ssize_t)syscall(SYS_write, fd, bytes, has_failed && len > 1 ? 1 : len);
}

int fsync(int fd)
{
    struct stat st;

    if (watched_dir && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        look();
    return fails() && kind == FAULT_ERROR ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
    return fails() && kind == FAULT_ERROR ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int link(const char *from, const char *to)
{
    return fails() && kind == FAULT_ERROR ? -1 : (int)syscall(SYS_link, from, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    return fails() && kind == FAULT_ERROR
               ? -1
               : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

static size_t count_entries(const char *dir)
{
    DIR *d = opendir(dir);
    size_t n = 0;

    ck_assert_ptr_nonnull(d);
    while (readdir(d))
        n++;
    ck_assert_int_eq(closedir(d), 0);
    return n - 2; /* . and .. */
}

/* True while the n-th call was reached. */
static bool create_with_failure(const char *dir, const char *path, long n)
{
    struct mst_buf buf;
    enum mst_err err;

    has_failed = false;
    n_until_failure = n;
    err = mst_file_create(path, 0600, MST_LIT("forty bytes of a key that must be whole"));
    n_until_failure = 0;
    if (err != MST_OK) {
        ck_assert(has_failed && kind == FAULT_ERROR);
        ck_assert_uint_eq(count_entries(dir), 0);
        return true;
    }
    mst_buf_init(&buf, 100);
    ck_assert_int_eq(mst_file_read(path, 100, &buf), MST_OK);
    ck_assert_span_str(mst_buf_span(&buf), "forty bytes of a key that must be whole");
    mst_buf_fini(&buf);
    ck_assert_uint_eq(count_entries(dir), 1);
    ck_assert_int_eq(unlink(path), 0);
    return has_failed;
}

MST_TEST(a_file_is_made_whole_or_not_at_all_whichever_call_fails)
{
    char dir[] = "/tmp/mst-io-XXXXXX", path[100];

    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/key", dir);
    for (int k = 0; k < 2 * FAULT_COUNT; k++) {
        long n = 1;

        kind = (enum fault)(k % FAULT_COUNT);
        is_unnamed_unknown = k >= FAULT_COUNT;
        while (create_with_failure(dir, path, n))
            n++;
        ck_assert_int_ge(n,
                         6); /* open, write, fsync, fchmod, link, open and fsync of the directory */
    }
    is_unnamed_unknown = false;
    ck_assert_int_eq(rmdir(dir), 0);
}
MST_TEST_END

MST_TEST(a_file_has_no_name_before_it_is_whole)
{
    char dir[] = "/tmp/mst-io-XXXXXX", path[100];
    int fd;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/key", dir);
    fd = open(dir, O_WRONLY | O_TMPFILE, 0600);
    n_names_seen = 0;
    watched_dir = dir;
    ck_assert_int_eq(mst_file_create(path, 0600, MST_LIT("a key")), MST_OK);
    watched_dir = NULL;
    ck_assert_uint_eq(n_names_seen, fd >= 0 ? 0 : 1); /* one where the file system cannot */
    if (fd >= 0)
        ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(dir), 0);
}
MST_TEST_END

MST_TEST(a_directory_whose_parent_cannot_be_flushed_is_not_made)
{
    char dir[] = "/tmp/mst-io-XXXXXX", path[100];

    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/data", dir);
    for (long n = 1; n <= 2; n++) {
        n_until_failure = n;
        ck_assert_int_eq(mst_dir_ensure(path), MST_EFSYNC);
        ck_assert_uint_eq(count_entries(dir), 0);
    }
    ck_assert_int_eq(mst_dir_ensure(path), MST_OK);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(rmdir(dir), 0);
}
MST_TEST_END

MST_TESTS("fault/file_io", a_file_is_made_whole_or_not_at_all_whichever_call_fails,
          a_file_has_no_name_before_it_is_whole,
          a_directory_whose_parent_cannot_be_flushed_is_not_made)
