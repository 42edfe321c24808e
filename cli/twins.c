#include "cli/twins.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"

enum { RUN_ROWS = 1 << 17, RUNS_MAX = 4096, SOURCE_BYTES = 4096 };

/* As it lies in a run: sn_len bytes of serial number follow. */
struct head {
    uint64_t line;
    uint64_t extra_hash;
    uint8_t sn_len;
};
enum { HEAD_BYTES = 17, RECORD_MAX = HEAD_BYTES + MST_SN_MAX };

struct record {
    struct head head;
    char sn[MST_SN_MAX];
};

struct run {
    uint64_t from, to; /* in the file */
};

struct cli_twins {
    size_t run_rows;
    struct mst_buf text; /* records of the run that is being gathered */
    size_t *starts;      /* where they begin in text */
    size_t n_rows;
    FILE *file;
    uint64_t written;
    struct run runs[RUNS_MAX];
    size_t n_runs;
    char last[MST_SN_MAX]; /* serial number added last */
    size_t last_len;
    bool is_ascending; /* all so far: then there are no twins */
};

/* FNV-1a. */
static uint64_t hash(struct mst_span bytes)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < bytes.len; i++)
        h = (h ^ (unsigned char)bytes.ptr[i]) * UINT64_C(1099511628211);
    return h;
}

/* Without a name, so that it goes with the process. */
static FILE *nameless_file(void)
{
    const char *dir = getenv("TMPDIR");
    char path[4096];
    FILE *file;
    int len, fd;

    len = snprintf(path, sizeof path, "%s/muster-XXXXXX",
                   dir != NULL && dir[0] != '\0' ? dir : "/tmp");
    if (len < 0 || (size_t)len >= sizeof path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    fd = mkstemp(path);
    if (fd < 0)
        return NULL;
    (void)unlink(path);
    file = fdopen(fd, "w");
    if (file == NULL)
        (void)close(fd);
    return file;
}

enum mst_err cli_twins_new(size_t run_rows, struct cli_twins **ret_twins)
{
    struct cli_twins *twins = calloc(1, sizeof *twins);
    enum mst_err err = MST_ENOMEM;

    if (twins == NULL)
        return MST_ENOMEM;
    twins->run_rows = run_rows > 0 ? run_rows : RUN_ROWS;
    twins->is_ascending = true;
    mst_buf_init(&twins->text, twins->run_rows * RECORD_MAX);
    twins->starts = calloc(twins->run_rows, sizeof *twins->starts);
    if (twins->starts != NULL) {
        twins->file = nameless_file();
        err = twins->file != NULL ? MST_OK : MST_EIO;
    }
    if (err == MST_OK)
        *ret_twins = twins;
    else
        cli_twins_free(twins);
    return err;
}

void cli_twins_free(struct cli_twins *twins)
{
    if (twins == NULL)
        return;
    if (twins->file != NULL)
        (void)fclose(twins->file);
    mst_buf_fini(&twins->text);
    free(twins->starts);
    free(twins);
}

/* ---- runs ---- */

static struct mst_span record_at(const struct cli_twins *twins, size_t start)
{
    return mst_span_cut(mst_buf_span(&twins->text), start, twins->text.len);
}

/* How two records, each with its head before it, are ordered; lines decide in the end. */
static int compare(struct mst_span x, struct mst_span y)
{
    struct head a = {0}, b = {0};
    int order;

    memcpy(&a, x.ptr, HEAD_BYTES);
    memcpy(&b, y.ptr, HEAD_BYTES);
    order = mst_span_cmp(mst_span_cut(x, HEAD_BYTES, HEAD_BYTES + a.sn_len),
                         mst_span_cut(y, HEAD_BYTES, HEAD_BYTES + b.sn_len));
    return order != 0 ? order : (a.line > b.line) - (a.line < b.line);
}

static int compare_starts(const void *a, const void *b, void *arg)
{
    const size_t *x = a, *y = b;

    return compare(record_at(arg, *x), record_at(arg, *y));
}

static enum mst_err write_run(struct cli_twins *twins)
{
    struct run *run;

    if (twins->n_rows == 0)
        return MST_OK;
    if (twins->n_runs == RUNS_MAX)
        return MST_EFULL;
    run = &twins->runs[twins->n_runs++];
    run->from = twins->written;
    qsort_r(twins->starts, twins->n_rows, sizeof *twins->starts, compare_starts, twins);
    for (size_t i = 0; i < twins->n_rows; i++) {
        struct mst_span record = record_at(twins, twins->starts[i]);
        struct head head = {0};
        size_t len;

        memcpy(&head, record.ptr, HEAD_BYTES);
        len = HEAD_BYTES + (size_t)head.sn_len;
        if (fwrite(record.ptr, 1, len, twins->file) != len)
            return MST_EIO;
        twins->written += len;
    }
    run->to = twins->written;
    twins->n_rows = 0;
    mst_buf_clear(&twins->text);
    return MST_OK;
}

static void note_order(struct cli_twins *twins, struct mst_span sn)
{
    if (mst_span_cmp(mst_span_of(twins->last, twins->last_len), sn) >= 0)
        twins->is_ascending = false;
    memcpy(twins->last, sn.ptr, sn.len);
    twins->last_len = sn.len;
}

enum mst_err cli_twins_add(struct cli_twins *twins, struct mst_span sn, struct mst_span extra,
                           uint64_t line)
{
    struct head head = {.line = line, .extra_hash = hash(extra), .sn_len = (uint8_t)sn.len};
    enum mst_err err = MST_OK;

    assert(sn.len > 0 && sn.len <= MST_SN_MAX);
    note_order(twins, sn);
    if (twins->n_rows == twins->run_rows)
        err = write_run(twins);
    if (err != MST_OK)
        return err;
    twins->starts[twins->n_rows++] = twins->text.len;
    (void)mst_buf_add(&twins->text, mst_span_of(&head, HEAD_BYTES));
    return mst_buf_add(&twins->text, sn);
}

/* ---- merging ---- */

/* Where a run has been read to. */
struct source {
    uint64_t from, to;
    size_t at, len; /* in bytes */
    struct record record;
    char bytes[SOURCE_BYTES];
};

struct merge {
    int fd;
    struct source *sources;
    size_t *heap; /* of sources that are not at their end, the least record first */
    size_t n_heap;
};

static bool fill(struct merge *merge, struct source *source)
{
    size_t kept = source->len - source->at, room = SOURCE_BYTES - kept;
    uint64_t left = source->to - source->from;

    memmove(source->bytes, &source->bytes[source->at], kept);
    source->at = 0;
    source->len = kept;
    if (room > left)
        room = (size_t)left;
    while (room > 0) {
        ssize_t n = pread(merge->fd, &source->bytes[source->len], room, (off_t)source->from);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        source->len += (size_t)n;
        source->from += (uint64_t)n;
        room -= (size_t)n;
    }
    return true;
}

/* MST_ENOENT after the last. */
static enum mst_err advance(struct merge *merge, struct source *source)
{
    struct record *record = &source->record;

    if (source->len - source->at < RECORD_MAX && source->from < source->to && !fill(merge, source))
        return MST_EIO;
    if (source->at == source->len)
        return MST_ENOENT;
    memcpy(&record->head, &source->bytes[source->at], HEAD_BYTES);
    memcpy(record->sn, &source->bytes[source->at + HEAD_BYTES], record->head.sn_len);
    source->at += HEAD_BYTES + (size_t)record->head.sn_len;
    return MST_OK;
}

static struct mst_span sn_of(const struct record *record)
{
    return mst_span_of(record->sn, record->head.sn_len);
}

static bool is_less(const struct merge *merge, size_t a, size_t b)
{
    const struct record *x = &merge->sources[a].record, *y = &merge->sources[b].record;
    int order = mst_span_cmp(sn_of(x), sn_of(y));

    return order != 0 ? order < 0 : x->head.line < y->head.line;
}

static void sink(struct merge *merge, size_t i)
{
    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < merge->n_heap; child++)
            least = is_less(merge, merge->heap[child], merge->heap[least]) ? child : least;
        if (least == i)
            return;
        size_t moved = merge->heap[i];
        merge->heap[i] = merge->heap[least];
        merge->heap[least] = moved;
        i = least;
    }
}

static enum mst_err begin_merge(struct merge *merge, const struct cli_twins *twins)
{
    merge->fd = fileno(twins->file);
    merge->sources = calloc(twins->n_runs, sizeof *merge->sources);
    merge->heap = calloc(twins->n_runs, sizeof *merge->heap);
    if (merge->sources == NULL || merge->heap == NULL)
        return MST_ENOMEM;
    for (size_t i = 0; i < twins->n_runs; i++) {
        enum mst_err err;

        merge->sources[i].from = twins->runs[i].from;
        merge->sources[i].to = twins->runs[i].to;
        err = advance(merge, &merge->sources[i]);
        if (err != MST_OK)
            return MST_EIO; /* no run is empty */
        merge->heap[merge->n_heap++] = i;
    }
    for (size_t i = merge->n_heap; i-- > 0;)
        sink(merge, i);
    return MST_OK;
}

/* The least record of all; MST_ENOENT after the last. */
static enum mst_err next(struct merge *merge, struct record *ret)
{
    struct source *source;
    enum mst_err err;

    if (merge->n_heap == 0)
        return MST_ENOENT;
    source = &merge->sources[merge->heap[0]];
    *ret = source->record;
    err = advance(merge, source);
    if (err == MST_ENOENT)
        merge->heap[0] = merge->heap[--merge->n_heap];
    else if (err != MST_OK)
        return err;
    sink(merge, 0);
    return MST_OK;
}

static enum mst_err find_twins(struct merge *merge,
                               enum mst_err (*each)(void *arg, const struct cli_twin *twin),
                               void *arg)
{
    struct record first = {0}, record;
    enum mst_err err;

    while ((err = next(merge, &record)) == MST_OK) {
        struct cli_twin twin = {.sn = sn_of(&record),
                                .line = record.head.line,
                                .first_line = first.head.line,
                                .is_same = record.head.extra_hash == first.head.extra_hash};

        if (!mst_span_eq(sn_of(&first), twin.sn)) {
            first = record;
            continue;
        }
        err = each(arg, &twin);
        if (err != MST_OK)
            return err;
    }
    return err == MST_ENOENT ? MST_OK : err;
}

enum mst_err cli_twins_each(struct cli_twins *twins,
                            enum mst_err (*each)(void *arg, const struct cli_twin *twin), void *arg)
{
    struct merge merge = {0};
    enum mst_err err;

    if (twins->is_ascending)
        return MST_OK;
    err = write_run(twins);
    if (err == MST_OK && fflush(twins->file) != 0)
        err = MST_EIO;
    if (err == MST_OK)
        err = begin_merge(&merge, twins);
    if (err == MST_OK)
        err = find_twins(&merge, each, arg);
    free(merge.sources);
    free(merge.heap);
    return err;
}
