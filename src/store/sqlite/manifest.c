#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/manifest.h"
#include "sys/file.h"

enum { CHUNK_BYTES = 256 * 1024, MANIFEST_MAX_BYTES = 4096 };
#define FIRST_LINE "muster backup 2"

void mst_sql_time_text(int64_t unix_s, bool is_plain, char ret_text[MST_TIME_CHARS + 1])
{
    time_t at = (time_t)unix_s;
    struct tm tm = {0};

    (void)gmtime_r(&at, &tm);
    if (strftime(ret_text, MST_TIME_CHARS + 1, is_plain ? "%Y%m%dT%H%M%SZ" : "%Y-%m-%dT%H:%M:%SZ",
                 &tm) == 0)
        ret_text[0] = '\0';
}

/* ---- files ---- */

static enum mst_err write_whole(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == ENOSPC || errno == EDQUOT ? MST_EFULL : MST_EIO;
        bytes = &bytes[n];
        len -= (size_t)n;
    }
    return MST_OK;
}

/* Reads from to its end; writes to to, unless that is negative. */
static enum mst_err run_through(int from, int to, struct mst_sql_manifest_file *ret_file)
{
    char *chunk = malloc(CHUNK_BYTES);
    struct mst_sql_manifest_file file = {0};
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx sha;
    enum mst_err err = chunk ? MST_OK : MST_ENOMEM;

    sha256_init(&sha);
    while (err == MST_OK) {
        ssize_t n = read(from, chunk, CHUNK_BYTES);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            err = MST_EIO;
        if (n <= 0)
            break;
        sha256_update(&sha, (size_t)n, (const uint8_t *)chunk);
        file.bytes += (uint64_t)n;
        if (to >= 0)
            err = write_whole(to, chunk, (size_t)n);
    }
    free(chunk);
    if (err != MST_OK)
        return err;
    sha256_digest(&sha, sizeof digest, digest);
    mst_hex_encode(mst_span_of(digest, sizeof digest), file.sha256);
    *ret_file = file;
    return MST_OK;
}

enum mst_err mst_sql_measure(const char *path, struct mst_sql_manifest_file *ret_file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum mst_err err;

    if (fd < 0)
        return errno == ENOENT ? MST_ENOENT : MST_EIO;
    err = run_through(fd, -1, ret_file);
    (void)close(fd);
    return err;
}

enum mst_err mst_sql_copy(const char *from, const char *to, struct mst_sql_manifest_file *ret_file)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
    enum mst_err err = MST_OK;

    if (in < 0)
        return errno == ENOENT ? MST_ENOENT : MST_EIO;
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0)
        err = errno == EEXIST ? MST_EEXIST : MST_EIO;
    if (err == MST_OK)
        err = run_through(in, out, ret_file);
    if (err == MST_OK && fsync(out) != 0)
        err = MST_EFSYNC;
    if (out >= 0 && close(out) != 0 && err == MST_OK)
        err = MST_EIO;
    (void)close(in);
    return err;
}

/* ---- the manifest ---- */

static char *path_in(const char *dir)
{
    char *path = NULL;

    return asprintf(&path, "%s/" MST_MANIFEST_NAME, dir) < 0 ? NULL : path;
}

enum mst_err mst_sql_manifest_write(const char *dir, const struct mst_sql_manifest *manifest)
{
    char *path = path_in(dir);
    struct mst_buf text;
    enum mst_err err;

    mst_buf_init(&text, MANIFEST_MAX_BYTES);
    (void)mst_buf_addf(&text, FIRST_LINE "\nmade %s\nstore %s\nschema %" PRId64 "\nclock %s\n",
                       manifest->made, manifest->store_id, manifest->schema, manifest->clock_mark);
    for (int i = 0; i < MST_FILE_COUNT; i++)
        (void)mst_buf_addf(&text, "file %s %" PRIu64 " %s\n", mst_sql_file_name((enum mst_file)i),
                           manifest->files[i].bytes, manifest->files[i].sha256);
    (void)mst_buf_add_str(&text, "end\n");
    err = path ? mst_buf_err(&text) : MST_ENOMEM;
    if (err == MST_OK)
        err = mst_file_create(path, 0600, mst_buf_span(&text));
    mst_buf_fini(&text);
    free(path);
    return err;
}

/* "NAME VALUE\n": the value. */
static bool take_line(struct mst_cur *cur, const char *name, struct mst_span *ret_value)
{
    struct mst_span line;

    if (!mst_cur_until(cur, '\n', &line) || !mst_span_starts(line, mst_span_str(name)))
        return false;
    *ret_value = mst_span_cut(line, strlen(name), line.len);
    return true;
}

/* Copies value as a text of at most max characters. */
static bool keep_text(struct mst_span value, char *ret_text, size_t max)
{
    if (value.len > max || mst_span_find(value, '\0', 0) < value.len)
        return false;
    if (value.len > 0)
        memcpy(ret_text, value.ptr, value.len);
    ret_text[value.len] = '\0';
    return true;
}

static bool take_file(struct mst_cur *cur, const char *name, struct mst_sql_manifest_file *ret_file)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct mst_span rest, bytes;
    struct mst_cur words;

    if (!take_line(cur, "file ", &rest))
        return false;
    words = mst_cur_of(rest);
    if (!mst_cur_until(&words, ' ', &rest) || !mst_span_eq(rest, mst_span_str(name)) ||
        !mst_cur_until(&words, ' ', &bytes) ||
        mst_span_u64(bytes, INT64_MAX, &ret_file->bytes) != MST_OK)
        return false;
    rest = mst_cur_rest(&words);
    return mst_hex_decode(rest, digest, sizeof digest) == MST_OK &&
           keep_text(rest, ret_file->sha256, MST_SHA256_CHARS);
}

static enum mst_err parse(struct mst_span text, struct mst_sql_manifest *manifest)
{
    struct mst_cur cur = mst_cur_of(text);
    struct mst_span value;
    bool is_good, is_first;

    if (!take_line(&cur, "muster backup ", &value))
        return MST_ESYNTAX;
    is_first = mst_span_eq(value, MST_LIT("1"));
    if (!is_first && !mst_span_eq(value, MST_LIT("2")))
        return MST_EVERSION;
    is_good =
        take_line(&cur, "made ", &value) && keep_text(value, manifest->made, MST_TIME_CHARS) &&
        take_line(&cur, "store ", &value) &&
        keep_text(value, manifest->store_id, MST_STORE_ID_CHARS) &&
        take_line(&cur, "schema ", &value) && mst_span_i64(value, &manifest->schema) == MST_OK &&
        take_line(&cur, "clock ", &value) &&
        keep_text(value, manifest->clock_mark, MST_WINDOW_TEXT_MAX - 1);
    for (int i = 0; i < (is_first ? MST_FILE_CONTENT : MST_FILE_COUNT) && is_good; i++)
        is_good = take_file(&cur, mst_sql_file_name((enum mst_file)i), &manifest->files[i]);
    is_good = is_good && mst_span_eq(mst_cur_rest(&cur), MST_LIT("end\n"));
    return is_good ? MST_OK : MST_ESYNTAX;
}

enum mst_err mst_sql_manifest_read(const char *dir, struct mst_sql_manifest *ret_manifest)
{
    struct mst_sql_manifest manifest = {.schema = 0};
    char *path = path_in(dir);
    struct mst_buf text;
    enum mst_err err;

    mst_buf_init(&text, MANIFEST_MAX_BYTES);
    err = path ? mst_file_read(path, MANIFEST_MAX_BYTES, &text) : MST_ENOMEM;
    if (err == MST_OK)
        err = parse(mst_buf_span(&text), &manifest);
    else if (err == MST_EFULL)
        err = MST_ESYNTAX;
    if (err == MST_OK)
        *ret_manifest = manifest;
    mst_buf_fini(&text);
    free(path);
    return err;
}
