/* ranges_json.h - ranges of serial numbers as they go over the wire (protocol.md 2.6.4). */
#ifndef MST_WIRE_RANGES_JSON_H
#define MST_WIRE_RANGES_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/sn_range.h"

/*
 * Reads {"ranges": [...]} or the bare array. Numbers go to 2^64 - 1 and may stand as decimal strings;
 * length and casing may be null or missing; members with other names are passed over.
 *   MST_ESYNTAX  not JSON, or not of this form (a member twice, or of a type that it cannot have)
 *   MST_EINVAL   a range that cannot be: an unknown word, or mst_sn_range_is_good says so
 *   MST_EFULL    more than max ranges
 *   MST_ENOMEM
 */
MST_MUST_USE enum mst_err mst_ranges_json_read(struct mst_span text, struct mst_arena *arena,
                                               size_t max, struct mst_sn_range **ret_ranges,
                                               size_t *ret_n);

/* Appends a range as an object: exactly format, length, casing, first, last. */
enum mst_err mst_ranges_json_put(struct mst_buf *out, const struct mst_sn_range *range);

/* The same with first and last as decimal strings: few JSON libraries keep 64 bits without a sign. */
enum mst_err mst_ranges_json_put_text(struct mst_buf *out, const struct mst_sn_range *range);

#endif
