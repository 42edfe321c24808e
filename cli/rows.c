#include "cli/rows.h"

#include <errno.h>
#include <unistd.h>

enum { WINDOW = 4 * CLI_ROW_MAX };

static const char TOO_LONG[] = "longer than 129 KiB";

/* FNV-1a: tells files apart, and needs no more. */
#define HASH_BEGIN UINT64_C(14695981039346656037)
#define HASH_PRIME UINT64_C(1099511628211)

static uint64_t hash_on(uint64_t hash, struct mst_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (unsigned char)bytes.ptr[i]) * HASH_PRIME;
    return hash;
}

static void look_at_window(struct cli_rows *rows, size_t pos, size_t line)
{
    rows->csv.cur = mst_cur_of(mst_buf_span(&rows->window));
    rows->csv.cur.pos = pos;
    rows->csv.line = line;
}

void cli_rows_init(struct cli_rows *rows, int fd, char separator)
{
    *rows = (struct cli_rows){
        .fd = fd, .separator = separator, .place = {.line = 1, .hash = HASH_BEGIN}
    };
    mst_buf_init(&rows->window, WINDOW);
    cli_csv_init(&rows->csv, (struct mst_span){NULL, 0});
    rows->csv.separator = separator;
}

void cli_rows_fini(struct cli_rows *rows)
{
    cli_csv_fini(&rows->csv);
    mst_buf_fini(&rows->window);
}

struct cli_place cli_rows_place(struct cli_rows *rows)
{
    size_t pos = rows->csv.cur.pos;
    struct mst_span passed = mst_span_cut(mst_buf_span(&rows->window), rows->placed, pos);

    rows->place.hash = hash_on(rows->place.hash, passed);
    rows->place.offset += passed.len;
    rows->place.line = rows->csv.line;
    rows->placed = pos;
    return rows->place;
}

/* More bytes, in the place of those that were passed. MST_ENOENT: there are none, rows->is_ended. */
static enum mst_err read_on(struct cli_rows *rows)
{
    size_t line = rows->csv.line, room;
    char *to;
    ssize_t n;

    (void)cli_rows_place(rows);
    mst_buf_drop_front(&rows->window, rows->placed);
    rows->placed = 0;
    room = WINDOW - rows->window.len;
    if (room == 0 || mst_buf_reserve(&rows->window, room, &to) != MST_OK)
        return MST_ENOMEM;
    do
        n = read(rows->fd, to, room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return MST_EIO;
    mst_buf_commit(&rows->window, (size_t)n);
    look_at_window(rows, 0, line);
    rows->is_ended = n == 0;
    return n > 0 ? MST_OK : MST_ENOENT;
}

/* Passes the rest of the line, which may be longer than the window. */
static enum mst_err pass_line(struct cli_rows *rows)
{
    for (;;) {
        struct mst_cur *cur = &rows->csv.cur;
        size_t end = mst_span_find(cur->src, '\n', cur->pos);
        enum mst_err err;

        if (end < cur->src.len) {
            cur->pos = end + 1;
            rows->csv.line++;
            return MST_OK;
        }
        cur->pos = cur->src.len;
        err = read_on(rows);
        if (err != MST_OK)
            return err == MST_ENOENT ? MST_OK : err;
    }
}

/* How the line begins that is read next, as much as is shown of it. */
static enum mst_err keep_text(struct cli_rows *rows)
{
    enum { SHOWN = 128 };

    for (;;) {
        struct mst_span src = rows->csv.cur.src;
        size_t pos = rows->csv.cur.pos, end = mst_span_find(src, '\n', pos);
        enum mst_err err;

        if (end < src.len || src.len - pos > SHOWN || rows->is_ended) {
            if (end > pos && src.ptr[end - 1] == '\r')
                end--;
            mst_buf_clear(&rows->csv.text);
            (void)mst_buf_add(&rows->csv.text,
                              mst_span_cut(src, pos, end - pos > SHOWN ? pos + SHOWN : end));
            rows->text = mst_buf_span(&rows->csv.text);
            return mst_buf_err(&rows->csv.text);
        }
        err = read_on(rows);
        if (err != MST_OK && err != MST_ENOENT)
            return err;
    }
}

/* What begins at pos is no row. */
static enum mst_err refuse(struct cli_rows *rows, size_t pos, size_t line, const char *problem)
{
    enum mst_err err;

    look_at_window(rows, pos, line);
    rows->problem = problem;
    rows->bad_line = line;
    err = keep_text(rows);
    if (err == MST_OK)
        err = pass_line(rows);
    return err == MST_OK ? MST_EINVAL : err;
}

static enum mst_err pass_mark(struct cli_rows *rows)
{
    struct mst_span bom = MST_LIT("\xef\xbb\xbf"); /* as spreadsheets write it */
    enum mst_err err = MST_OK;

    while (err == MST_OK && rows->window.len < bom.len)
        err = read_on(rows);
    if (mst_span_starts(rows->csv.cur.src, bom))
        rows->csv.cur.pos = bom.len;
    return err == MST_ENOENT ? MST_OK : err;
}

/* Passes blank lines; MST_ENOENT if nothing else is left. */
static enum mst_err pass_blank(struct cli_rows *rows)
{
    for (;;) {
        struct mst_span src = rows->csv.cur.src;
        size_t pos = rows->csv.cur.pos, to = pos;
        enum mst_err err = MST_OK;

        while (to < src.len && (src.ptr[to] == ' ' || src.ptr[to] == '\t' || src.ptr[to] == '\r'))
            to++;
        if (to - pos > CLI_ROW_MAX)
            return refuse(rows, pos, rows->csv.line, TOO_LONG);
        if (to < src.len && src.ptr[to] != '\n')
            return MST_OK;
        if (to < src.len) {
            rows->csv.cur.pos = to + 1;
            rows->csv.line++;
        } else if (!rows->is_ended) {
            err = read_on(rows);
        } else {
            rows->csv.cur.pos = to;
            return MST_ENOENT;
        }
        if (err != MST_OK && err != MST_ENOENT)
            return err;
    }
}

enum mst_err cli_rows_next(struct cli_rows *rows, struct cli_csv_row *ret_row)
{
    enum mst_err err = MST_OK;

    *ret_row = (struct cli_csv_row){0};
    if (rows->place.offset == 0 && rows->csv.cur.pos == 0)
        err = pass_mark(rows);
    if (err == MST_OK)
        err = pass_blank(rows);
    if (err == MST_EINVAL)
        ret_row->line = rows->bad_line;
    while (err == MST_OK) {
        size_t pos = rows->csv.cur.pos, line = rows->csv.line;
        bool is_long, is_cut;

        err = cli_csv_next(&rows->csv, ret_row);
        ret_row->line = line;
        is_long = rows->csv.cur.pos - pos > CLI_ROW_MAX;
        is_cut = mst_cur_at_end(&rows->csv.cur) && !rows->is_ended;
        if (is_long)
            return refuse(rows, pos, line, TOO_LONG);
        if (err == MST_OK && !is_cut)
            return MST_OK;
        if (err == MST_EFULL && !is_cut)
            return refuse(rows, pos, line, "more than 64 columns");
        if (err == MST_ESYNTAX && !is_cut)
            return refuse(rows, pos, line, "a double quote does not end, or text follows it");
        if (err != MST_OK && err != MST_EFULL && err != MST_ESYNTAX)
            return err;
        look_at_window(rows, pos, line);
        err = read_on(rows);
        if (err == MST_ENOENT)
            err = MST_OK; /* what there is, is all */
    }
    return err;
}

enum mst_err cli_rows_go(struct cli_rows *rows, const struct cli_place *place)
{
    struct cli_place at = rows->place;

    while (at.offset < place->offset) {
        uint64_t left = place->offset - at.offset;
        struct mst_span bytes;
        enum mst_err err;

        mst_buf_clear(&rows->window);
        look_at_window(rows, 0, 1);
        err = read_on(rows);
        if (err == MST_EIO || err == MST_ENOMEM)
            return err;
        if (err == MST_ENOENT)
            break;
        bytes = mst_span_cut(mst_buf_span(&rows->window), 0, left < WINDOW ? (size_t)left : WINDOW);
        at.hash = hash_on(at.hash, bytes);
        at.offset += bytes.len;
    }
    mst_buf_clear(&rows->window);
    look_at_window(rows, 0, 1);
    rows->placed = 0;
    rows->is_ended = false;
    if (at.offset == place->offset && at.hash == place->hash) {
        rows->place = *place;
        rows->csv.line = place->line;
        return lseek(rows->fd, (off_t)place->offset, SEEK_SET) >= 0 ? MST_OK : MST_EIO;
    }
    return lseek(rows->fd, 0, SEEK_SET) >= 0 ? MST_EREFUSED : MST_EIO;
}
