/* data.h - values of dataports by alias (protocol.md 2.12). */
#ifndef MST_CORE_DATA_H
#define MST_CORE_DATA_H

#include "core/resource.h"

/*
 * Turns the text of a value into what is stored (2.12.1): integer: optional sign and digits, a
 * float text truncated toward zero; float: decimal or exponent form, stored in the shortest form
 * that reads back to the same double; either may have blanks around it, as "%8.2f" makes them;
 * string: UTF-8 up to 64 KiB without NUL, which a database server cannot keep in a text.
 * MST_BAD_VALUE.
 */
MST_MUST_USE enum mst_err mst_data_convert(struct mst_arena *arena, enum mst_format format,
                                           struct mst_span text, enum mst_verdict *ret_verdict,
                                           struct mst_span *ret_value);

/* The finite number that a text says, in any form that a float takes, blanks around it too; false if it says none. */
bool mst_data_number(struct mst_span text, double *ret_number);

/* A finite number in the shortest form that reads back to the same double. It takes 25 bytes with the NUL at most; not
   every compiler sees that so few digits are asked for. */
enum { MST_DATA_NUMBER_CHARS = 40 };
void mst_data_print(double number, char ret_text[MST_DATA_NUMBER_CHARS]);

/* An alias as a form brought it, which may have been sent unescaped (2.3): to be tried as text, then as plus. */
struct mst_data_alias {
    struct mst_span text; /* decoded */
    struct mst_span plus; /* with '+' kept; empty if that makes no difference */
};

/* The dataport or datarule behind an alias of client_id, whose text is then the one that it has;
   MST_NOT_FOUND also if it is another kind's. */
MST_MUST_USE enum mst_err mst_data_port(struct mst_tx *tx, int64_t client_id,
                                        struct mst_data_alias *alias, enum mst_verdict *ret_verdict,
                                        struct mst_row_resource *ret_port);

/* The latest point of a dataport; MST_NOT_FOUND if there is none. */
MST_MUST_USE enum mst_err mst_data_latest(struct mst_tx *tx, int64_t dataport_id,
                                          enum mst_verdict *ret_verdict,
                                          struct mst_row_point *ret_point);

/* Times, both ends in them; none if the end is before the beginning. */
struct mst_data_window {
    int64_t from, to;
    bool is_descending;
};

/* Calls each for the points of a dataport in the window, at most limit (0: all). As mst_tx_scan. */
MST_MUST_USE enum mst_err mst_data_scan(struct mst_tx *tx, int64_t dataport_id,
                                        const struct mst_data_window *window, uint64_t limit,
                                        enum mst_err (*each)(void *arg, const void *point),
                                        void *arg);

/* Adds to *n how many points a dataport has; it stops counting when *n is max. */
MST_MUST_USE enum mst_err mst_data_count(struct mst_tx *tx, int64_t dataport_id, int64_t max,
                                         int64_t *n);

/* Stores a point, replacing one of the same second (2.12.1). In a MST_FILE_POINTS command. */
MST_MUST_USE enum mst_err mst_data_put(struct mst_tx *tx, const struct mst_row_point *point);

/* Removes points in the window, the oldest first, until *room, which is less then, is 0; *ret_is_more
   tells that some may be left, for another command. Else *ret_left_at is the time of the oldest behind the
   window, INT64_MAX if there is none. In a MST_FILE_POINTS command. */
enum { MST_FLUSH_MAX = 1024 }; /* room of one command: others write in between */
MST_MUST_USE enum mst_err mst_data_remove(struct mst_tx *tx, int64_t dataport_id,
                                          const struct mst_data_window *window, size_t *room,
                                          bool *ret_is_more, int64_t *ret_left_at);

/* A resource was dropped: the same for all its points, and in the end what else the points file has of it. */
MST_MUST_USE enum mst_err mst_data_flush(struct mst_tx *tx, int64_t resource_id, bool *ret_is_more);

#endif
