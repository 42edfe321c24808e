/*
 * record.h - the body of a record call (protocol.md 2.12.5): values with times of their own.
 *
 *   alias=<a1>&<ts>=<v>&<ts>=<v>&alias=<a2>&<ts>=<v>
 *
 * A pair belongs to the last alias before it. <ts> is Unix seconds, which may have a fraction; with
 * a minus sign it is an offset from now. Points of one alias must be at least one second apart: of two
 * that are not, the earlier one is good, and of two at the same moment the one sent first.
 */
#ifndef MST_WIRE_RECORD_H
#define MST_WIRE_RECORD_H

#include "base/buf.h"
#include "wire/form.h"

struct mst_record_point {
    struct mst_span alias, plus;      /* the second as of mst_form_plus */
    int64_t at_ms;                    /* Unix milliseconds: what follows in the text is cut off */
    const struct mst_form_item *item; /* its name is the <ts> as it was sent */
    bool is_too_near;                 /* to a good one of the same alias */
};

struct mst_record {
    struct mst_record_point *points; /* in the arena, by alias and then by time */
    size_t n_points;
};

/*
 * Takes a form apart that was read into the same arena. alias is that of the pairs before the first
 * "alias=" item; NULL: there must be none. MST_ESYNTAX: a pair without an alias, a name that is
 * no time, a time before 1970 or after max_s; MST_EFULL: more than max_points; MST_ENOMEM.
 */
MST_MUST_USE enum mst_err mst_record_read(struct mst_arena *arena, const struct mst_form *form,
                                          const struct mst_span *alias, int64_t now_s,
                                          int64_t max_s, size_t max_points,
                                          struct mst_record *ret_record);

/* Appends those that are too near: "<alias>=<ts>,<ts>" joined by '&', percent-encoded, so that a comma
   reads "%2C". Nothing if there is none. Error of out. */
enum mst_err mst_record_print_too_near(struct mst_buf *out, const struct mst_record *record);

#endif
