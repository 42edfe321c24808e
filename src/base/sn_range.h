/*
 * sn_range.h - a range of serial numbers (protocol.md 2.6.4): numbers from first to last, and the
 * shape in which they are written. Membership of a text is decided by its shape and its value, never by
 * counting.
 */
#ifndef MST_BASE_SN_RANGE_H
#define MST_BASE_SN_RANGE_H

#include "base/limits.h"
#include "base/span.h"

/* The numbers are stored (core/range.c): append only. */
enum mst_sn_format {
    MST_SN_BASE10 = 0,
    MST_SN_BASE16,
    MST_SN_MAC_COLON, /* "mac:48": 01:02:03:04:05:06 */
    MST_SN_MAC_DASH,  /* "mac-48": 01-02-03-04-05-06 */
    MST_SN_MAC_DOT,   /* "mac.48": 0102.0304.0506 */
    MST_SN_FORMATS
};

enum mst_sn_casing { MST_SN_EITHER = 0, MST_SN_UPPER, MST_SN_LOWER, MST_SN_CASINGS };

/* How a number is written. */
struct mst_sn_shape {
    enum mst_sn_format format;
    enum mst_sn_casing casing; /* of letters; MST_SN_EITHER for base10 */
    unsigned length;           /* digits, filled up with zeros; 0: as many as it takes, or a MAC */
};

/* Both ends belong to it. */
struct mst_sn_range {
    struct mst_sn_shape shape;
    uint64_t first, last;
};

/* The words of the wire. Either casing has none: NULL. */
const char *mst_sn_format_word(enum mst_sn_format format);
const char *mst_sn_casing_word(enum mst_sn_casing casing);
/* False: no such word; nothing is written. */
bool mst_sn_format_of(struct mst_span word, enum mst_sn_format *ret_format);
bool mst_sn_casing_of(struct mst_span word, enum mst_sn_casing *ret_casing);

bool mst_sn_format_is_mac(enum mst_sn_format format);

/*
 * Do the five fields go together? A MAC has no length and 48 bits, base10 no casing; first is not
 * above last; and all of it can be written with length digits.
 */
bool mst_sn_range_is_good(const struct mst_sn_range *range);
bool mst_sn_range_eq(const struct mst_sn_range *a, const struct mst_sn_range *b);
/* Have two ranges of one shape a number in common? Of two shapes: false (A41). */
bool mst_sn_range_overlaps(const struct mst_sn_range *a, const struct mst_sn_range *b);

/* The number that text writes in this shape; false if it is not written so. */
bool mst_sn_read(const struct mst_sn_shape *shape, struct mst_span text, uint64_t *ret_value);
/* The number of a MAC that is written in any of the three forms, in letters of either case. */
bool mst_sn_read_mac(struct mst_span text, uint64_t *ret_value);
bool mst_sn_range_has(const struct mst_sn_range *range, struct mst_span text);

/* Writes value, which a good range of the shape holds, with a NUL; letters of either casing as lower
   ones. Gives the length. */
size_t mst_sn_write(const struct mst_sn_shape *shape, uint64_t value,
                    char ret_text[MST_SN_MAX + 1]);

/*
 * All shapes that text is written in, with its number in each: whoever looks for the ranges that
 * hold it need look in these only. At most two of base10 and six of base16, or three of a MAC.
 */
enum { MST_SN_READINGS_MAX = 8 };
struct mst_sn_reading {
    struct mst_sn_shape shape;
    uint64_t value;
};
size_t mst_sn_readings(struct mst_span text, struct mst_sn_reading ret[MST_SN_READINGS_MAX]);

#endif
