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

/* The number of resources of a kind below client_id, summed over the seconds from start up to, but
   without, end; what has not happened yet counts nothing. MST_NO_ROOM: more than MST_USAGE_LOOK_MAX to
   be counted. */
MST_MUST_USE enum mst_err mst_usage_seconds(struct mst_tx *tx, int64_t client_id,
                                            enum mst_kind kind, int64_t start, int64_t end,
                                            enum mst_verdict *ret_verdict, int64_t *ret_seconds);

/* What was consumed (CONSUMED) on the UTC days that lie in the span, if only in part. */
MST_MUST_USE enum mst_err mst_usage_consumed(struct mst_tx *tx, int64_t client_id, int64_t metric,
                                             int64_t start, int64_t end, int64_t *ret_n);

/* client_id has consumed one more on that day. */
MST_MUST_USE enum mst_err mst_usage_consume(struct mst_tx *tx, int64_t client_id,
                                            enum mst_limit metric, int64_t day);
/* A dispatch that client_id owns has sent one more message on that day. */
MST_MUST_USE enum mst_err mst_usage_send(struct mst_tx *tx, int64_t client_id,
                                         enum mst_limit metric, int64_t day);
/* How many they have sent on this UTC day. */
MST_MUST_USE enum mst_err mst_usage_sent(struct mst_tx *tx, int64_t client_id,
                                         enum mst_limit metric, int64_t *ret_n);
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
