/*
 * The rows of an import: whatever the bytes, reading ends, places only go forward to the end of the
 * file, a row is no longer than its bounds, what is read does not depend on the pieces in which the
 * bytes come, and reading that goes on at any place reads what is behind it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/columns.h"
#include "cli/rows.h"
#include "tests/fuzz/fuzz.h"

enum { DESCRIBED_MAX = 1 << 24, PACKETS = 128, PIPE_BYTES = 1 << 20, INPUT_MAX = 1 << 14 };

static void describe_row(struct mst_buf *out, struct cli_rows *rows, const struct cli_csv_row *row,
                         enum mst_err err)
{
    struct cli_place place = cli_rows_place(rows);
    struct mst_span sn, extra;
    struct cli_columns columns;

    (void)mst_buf_addf(out, "%zu %zu", row->line, (size_t)place.offset);
    if (err == MST_EINVAL) {
        assert(rows->text.len <= 128);
        (void)mst_buf_addf(out, "!%s\n", rows->problem);
        (void)mst_buf_add(out, rows->text);
        return;
    }
    assert(row->n_fields > 0 && row->n_fields <= CLI_CSV_FIELDS_MAX);
    assert(cli_columns_parse(&columns, "sn=64,extra=1") == MST_OK);
    assert(cli_columns_take(&columns, row, &sn, &extra) == NULL);
    assert(sn.len == 0 || row->n_fields == CLI_CSV_FIELDS_MAX);
    for (size_t i = 0; i < row->n_fields; i++) {
        assert(row->fields[i].len <= CLI_ROW_MAX);
        (void)mst_buf_addf(out, ",%zu:", row->fields[i].len);
        (void)mst_buf_add(out, row->fields[i]);
    }
}

/* All that is read from fd, from a place on unless it is NULL. */
static void describe(int fd, const struct cli_place *from, char separator, struct mst_buf *out,
                     struct cli_place *ret_end)
{
    struct cli_rows rows;
    struct cli_csv_row row;
    struct cli_place last = {0};
    enum mst_err err;

    cli_rows_init(&rows, fd, separator);
    if (from != NULL)
        assert(cli_rows_go(&rows, from) == MST_OK);
    while ((err = cli_rows_next(&rows, &row)) == MST_OK || err == MST_EINVAL) {
        struct cli_place place;

        describe_row(out, &rows, &row, err);
        place = cli_rows_place(&rows);
        assert(place.offset > last.offset && place.line >= row.line);
        last = place;
    }
    assert(err == MST_ENOENT);
    assert(mst_buf_err(out) == MST_OK);
    *ret_end = cli_rows_place(&rows);
    cli_rows_fini(&rows);
}

static int file_of(struct mst_span bytes)
{
    int fd = memfd_create("rows", MFD_CLOEXEC);

    assert(fd >= 0);
    assert(write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
    assert(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

/* Each write is what one read gives. */
static int pieces_of(struct mst_span bytes)
{
    struct mst_fuzz_cutter cutter = mst_fuzz_cutter_of(bytes);
    size_t least = bytes.len / PACKETS;
    int ends[2];

    assert(pipe2(ends, O_CLOEXEC | O_DIRECT) == 0);
    assert(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) >= PIPE_BYTES);
    for (size_t at = 0; at < bytes.len;) {
        size_t n = least + mst_fuzz_cut(&cutter);
        struct mst_span piece = mst_span_cut(bytes, at, at + n);

        assert(write(ends[1], piece.ptr, piece.len) == (ssize_t)piece.len);
        at += piece.len;
    }
    (void)close(ends[1]);
    return ends[0];
}

/* Behind each row in turn, at most a few. */
static void check_going_on(int fd, char separator, struct mst_span whole)
{
    struct cli_rows rows;
    struct cli_csv_row row;
    enum { TRIES = 4 };

    for (size_t tries = 1; tries <= TRIES; tries++) {
        struct cli_place place, end;
        struct mst_buf rest;
        enum mst_err err = MST_OK;

        assert(lseek(fd, 0, SEEK_SET) == 0);
        cli_rows_init(&rows, fd, separator);
        for (size_t i = 0; i < tries * tries && err != MST_ENOENT; i++)
            err = cli_rows_next(&rows, &row);
        place = cli_rows_place(&rows);
        cli_rows_fini(&rows);
        assert(lseek(fd, 0, SEEK_SET) == 0);
        mst_buf_init(&rest, DESCRIBED_MAX);
        describe(fd, &place, separator, &rest, &end);
        assert(
            mst_span_eq(mst_buf_span(&rest), mst_span_cut(whole, whole.len - rest.len, whole.len)));
        mst_buf_fini(&rest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = {',', ';', '\t'};
    struct mst_span bytes = mst_span_of(data, size < INPUT_MAX ? size : INPUT_MAX);
    char separator = separators[size % sizeof separators];
    int file = file_of(bytes), pieces = pieces_of(bytes);
    struct mst_buf at_once, by_pieces;
    struct cli_place end, end_of_pieces;

    mst_buf_init(&at_once, DESCRIBED_MAX);
    mst_buf_init(&by_pieces, DESCRIBED_MAX);
    describe(file, NULL, separator, &at_once, &end);
    describe(pieces, NULL, separator, &by_pieces, &end_of_pieces);
    assert(mst_span_eq(mst_buf_span(&at_once), mst_buf_span(&by_pieces)));
    assert(end.offset == bytes.len && end_of_pieces.offset == bytes.len);
    assert(end.line == end_of_pieces.line && end.hash == end_of_pieces.hash);
    check_going_on(file, separator, mst_buf_span(&at_once));
    mst_buf_fini(&at_once);
    mst_buf_fini(&by_pieces);
    (void)close(file);
    (void)close(pieces);
    return 0;
}
