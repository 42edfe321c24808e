/*
 * byte_range.h - the Range field of a request for a blob (protocol.md 2.7.3, RFC 9110 14.2).
 *
 * A server may ignore a Range, and muster does so unless it is one range of bytes:
 * several ranges, another unit and whatever is malformed give the whole.
 */
#ifndef MST_WIRE_BYTE_RANGE_H
#define MST_WIRE_BYTE_RANGE_H

#include "base/buf.h"

enum mst_byte_range_kind {
    MST_RANGE_WHOLE, /* 200 */
    MST_RANGE_PART,  /* 206, even if it is all there is */
    MST_RANGE_NONE   /* 416: nothing of it exists */
};

struct mst_byte_range {
    enum mst_byte_range_kind kind;
    uint64_t first, last; /* of a part: positions from 0, both belong to it, last < total */
};

/*
 * Judges the value of a Range field ("" = there is none) against a blob of total bytes. Numbers
 * beyond 2^64-1 count as that.
 */
struct mst_byte_range mst_byte_range_of(struct mst_span value, uint64_t total);

/* Appends "Content-Range: bytes 0-9/100" CRLF for a part, "bytes *" + "/100" for none, nothing for the
   whole. Error of out. */
enum mst_err mst_byte_range_field(struct mst_buf *out, const struct mst_byte_range *range,
                                  uint64_t total);

#endif
