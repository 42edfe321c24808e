/*
 * format.h - lines of a fleet's file (docs/fleet-format.md), written and read. One table says which
 * type of line has which fields; it is the same in both directions.
 */
#ifndef MST_FRONT_FLEET_FORMAT_H
#define MST_FRONT_FLEET_FORMAT_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/fleet.h"
#include "wire/envelope.h"

/* The first line: to whom the file's key is sealed. It is the only one that may be replaced. */
MST_MUST_USE enum mst_err mst_fleet_write_seal(struct mst_buf *out,
                                               const struct mst_envelope *envelope);
/* MST_ESYNTAX. What a tool has added to it is passed over. */
MST_MUST_USE enum mst_err mst_fleet_read_seal(struct mst_span line, struct mst_envelope *ret_seal);

/* The second line: what fleet it is. */
struct mst_fleet_head {
    struct mst_span vendor;
    struct mst_handle rid; /* of its domain client */
    int64_t made;          /* Unix seconds */
};
MST_MUST_USE enum mst_err mst_fleet_write_head(struct mst_buf *out,
                                               const struct mst_file_keys *keys, uint64_t n,
                                               const struct mst_fleet_head *head);
MST_MUST_USE enum mst_err mst_fleet_write_item(struct mst_buf *out,
                                               const struct mst_file_keys *keys, uint64_t n,
                                               const struct mst_fleet_item *item);
/* The last line, number n. */
MST_MUST_USE enum mst_err mst_fleet_write_end(struct mst_buf *out, const struct mst_file_keys *keys,
                                              uint64_t n);

enum mst_fleet_line { MST_FLEET_LINE_HEAD, MST_FLEET_LINE_ITEM, MST_FLEET_LINE_END };

struct mst_fleet_read {
    enum mst_fleet_line what;
    struct mst_fleet_head head;
    struct mst_fleet_item item; /* its text and lists lie in the arena */
};

/*
 * Line number n, without its end. MST_EKEY: it is not that line of the file that keys belong
 * to, or was changed; MST_ESYNTAX: it is, and is none that this version knows. *ret_why then says more.
 */
MST_MUST_USE enum mst_err mst_fleet_read_line(struct mst_arena *arena,
                                              const struct mst_file_keys *keys, uint64_t n,
                                              struct mst_span line, struct mst_fleet_read *ret_read,
                                              const char **ret_why);

#endif
