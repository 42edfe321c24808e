/*
 * due.h - what is to happen to a resource by itself: rows of DUE, in the points file.
 *
 *     MST_DUE_RULE  the timer of a datarule (rule.h)
 *     MST_DUE_TRIM  retention lets go of points, or a resource that was dropped is looked for once more
 *
 * Whoever sees that a time has come plans by a reader what is to be done, and a command does it if
 * the row is still there.
 */
#ifndef MST_CORE_DUE_H
#define MST_CORE_DUE_H

#include "core/domain.h"

/* When, in Unix milliseconds; 0: not at all. */
MST_MUST_USE enum mst_err mst_due_get(struct mst_tx *tx, int64_t resource_id, enum mst_due kind,
                                      int64_t *ret_due_ms);
MST_MUST_USE enum mst_err mst_due_set(struct mst_tx *tx, int64_t resource_id, enum mst_due kind,
                                      int64_t due_ms);

/* The earliest rows that are not later than until_ms, at most MST_DUE_PAGE, of which no more than half
   trim: timers do not wait for them. *ret_next_ms is when the first that was left is due, 0 if there is none. */
enum { MST_DUE_PAGE = 64 };
MST_MUST_USE enum mst_err mst_due_list(struct mst_tx *tx, int64_t until_ms,
                                       struct mst_row_due ret_rows[MST_DUE_PAGE], size_t *ret_n,
                                       int64_t *ret_next_ms);

/* What a row says cannot be done: it stands back until until_ms, if it is still there. */
MST_MUST_USE enum mst_err mst_due_put_off(struct mst_tx *tx, const struct mst_row_due *due,
                                          int64_t until_ms);

/* A point of that time, in Unix seconds, was stored in a resource that keeps so many points, for so many seconds. */
MST_MUST_USE enum mst_err mst_due_to_trim(struct mst_tx *tx, int64_t resource_id, int64_t at,
                                          int64_t keep_count, int64_t keep_s);

/* What is to be trimmed. */
struct mst_trim {
    int64_t resource_id;
    enum mst_due kind; /* of the row that says so: a timer, too, if the rule is gone */
    int64_t due_ms;
    bool is_gone;    /* the resource was dropped: all its rows go */
    bool is_kept;    /* nothing is to be done yet: its points are still being copied */
    int64_t until;   /* points of this time and before go: Unix seconds */
    int64_t last_at; /* the time of the latest one when that was decided */
    int64_t keep_count, keep_s;
};

/* By a reader. A row of MST_DUE_RULE only if the resource was not found. */
MST_MUST_USE enum mst_err mst_trim_plan(struct mst_tx *tx, const struct mst_row_due *due,
                                        struct mst_trim *ret_trim);
/* In a MST_FILE_POINTS command, as far as *room goes (mst_data_remove); the row says when to go on: if more
   is to go, behind all that is due by now. */
MST_MUST_USE enum mst_err mst_trim_run(struct mst_tx *tx, const struct mst_trim *trim,
                                       size_t *room);

#endif
