/*
 * usage.h - what a client and all below it have used in a span of time (protocol.md 2.15.4 usage).
 *
 * Resources that live tell it themselves, by when they were created. One that is dropped leaves a note with the
 * owner that survives; those of the same second, side by side, share one. Notes end after
 * MST_USAGE_KEEP_S. A resource that moves takes its time along: its new owner has always had it.
 */
#ifndef MST_CORE_USAGE_H
#define MST_CORE_USAGE_H

#include "core/resource.h"
#include "core/turn.h"
#include "core/walk.h"

/* ---- counting ---- */

/* A count that goes on in several transactions (turn.h). */
struct mst_usage {
    int64_t n;     /* what was counted */
    bool is_whole; /* that is all */
    /* usage.c's own */
    enum { MST_USAGE_NEXT_CLIENT, MST_USAGE_LIVING, MST_USAGE_PAST, MST_USAGE_DAYS } stage;
    int64_t what; /* a kind or a metric */
    int64_t start, end;
    struct mst_walk walk;
    int64_t client_id; /* the one at hand */
    int64_t after;     /* of its rows the id, second or day that is left behind, ... */
    uint64_t n_same;   /* ... and how many of the next second are too */
    size_t n_seen;
};

/* The number of resources of a kind below client_id, summed over the Unix seconds from start up to, but
   without, end; what has not happened yet counts nothing. */
void mst_usage_of_resources(struct mst_tx *tx, int64_t client_id, enum mst_kind kind, int64_t start,
                            int64_t end, struct mst_usage *ret_usage);
/* What was consumed (CONSUMED) on the UTC days that lie in the span, if only in part. */
void mst_usage_of_amount(int64_t client_id, int64_t metric, int64_t start, int64_t end,
                         struct mst_usage *ret_usage);
/* Goes on counting for a turn. MST_NO_ROOM: more than MST_USAGE_LOOK_MAX to be counted. */
MST_MUST_USE enum mst_err mst_usage_count(struct mst_tx *tx, struct mst_turn *turn,
                                          struct mst_usage *usage, enum mst_verdict *ret_verdict);

/* ---- consuming ---- */

/* client_id has consumed one more on that day: its number since 1970, UTC. */
MST_MUST_USE enum mst_err mst_usage_consume(struct mst_tx *tx, int64_t client_id,
                                            enum mst_limit metric, int64_t day);
/* A dispatch that client_id owns has sent one more message on that day. */
MST_MUST_USE enum mst_err mst_usage_send(struct mst_tx *tx, int64_t client_id,
                                         enum mst_limit metric, int64_t day);
/* What was consumed on this UTC day; metric MST_CONSUMED_OWN: what the client's own dispatches have sent. */
MST_MUST_USE enum mst_err mst_usage_today(struct mst_tx *tx, int64_t client_id, int64_t metric,
                                          int64_t *ret_n);
/* The client and all above it have given away one more share code today. */
MST_MUST_USE enum mst_err mst_usage_share(struct mst_tx *tx, int64_t client_id);

/* ---- for drop.c ---- */

/* resource goes; survivor_id is the client that will tell of it. */
MST_MUST_USE enum mst_err mst_usage_end(struct mst_tx *tx, const struct mst_row_resource *resource,
                                        int64_t survivor_id);
/* client_id goes: what it has to tell of others is the survivor's, what it consumed is forgotten. */
MST_MUST_USE enum mst_err mst_usage_end_client(struct mst_tx *tx, int64_t client_id,
                                               int64_t survivor_id);

#endif
