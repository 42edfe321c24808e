/*
 * buf.h - a buffer that grows up to the maximum it was born with.
 *
 * Every append either fits whole or changes nothing but a sticky error, so a
 * writer may append many times and look at mst_buf_err() once at the end.
 */
#ifndef MST_BASE_BUF_H
#define MST_BASE_BUF_H

#include "base/span.h"

struct mst_buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max_bytes;
    enum mst_err err; /* first failure; sticky until mst_buf_clear */
};

void mst_buf_init(struct mst_buf *buf, size_t max_bytes);
void mst_buf_fini(struct mst_buf *buf);  /* frees; the buffer may be initialised again */
void mst_buf_clear(struct mst_buf *buf); /* keeps the memory */
void mst_buf_trim(struct mst_buf *buf);  /* gives back memory beyond what it holds */
enum mst_err mst_buf_err(const struct mst_buf *buf);
struct mst_span mst_buf_span(const struct mst_buf *buf); /* until the next change */

enum mst_err mst_buf_add(struct mst_buf *buf, struct mst_span bytes);
enum mst_err mst_buf_add_str(struct mst_buf *buf, const char *str);
enum mst_err mst_buf_add_byte(struct mst_buf *buf, char c);
enum mst_err mst_buf_add_u64(struct mst_buf *buf, uint64_t value); /* decimal */
enum mst_err mst_buf_add_i64(struct mst_buf *buf, int64_t value);
enum mst_err mst_buf_addf(struct mst_buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Removes the first n bytes (all of them if there are fewer). */
void mst_buf_drop_front(struct mst_buf *buf, size_t n);
/* Makes room for n more bytes and gives where they go; *ret_room is at least n. */
MST_MUST_USE enum mst_err mst_buf_reserve(struct mst_buf *buf, size_t n, char **ret_room);
/* Counts n bytes, written into the reserved room, as part of the buffer. */
void mst_buf_commit(struct mst_buf *buf, size_t n);
/* Overwrites what the buffer held before it is cleared: for keys. */
void mst_buf_wipe(struct mst_buf *buf);

#endif
