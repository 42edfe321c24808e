/*
 * ticker.h - what happens to resources by itself (core/due.h), on a thread of its own: timers of datarules,
 * retention, a last look for what dropped resources left, and what changed descriptions make anew (core/renew.h).
 *
 * It sleeps until the earliest row of DUE, or until a commit touches one or somebody kicks it. Each turn reads what is due
 * and does it as one command beside those of others, of bounded size. Rows that stood there when the last
 * process died are simply due.
 */
#ifndef MST_SERVER_TICKER_H
#define MST_SERVER_TICKER_H

#include "core/domain.h"

struct mst_ticker;

/* Before the first command is submitted. domain must outlive it. */
MST_MUST_USE enum mst_err mst_ticker_new(struct mst_store *store, const struct mst_domain *domain,
                                         struct mst_ticker **ret_ticker);
MST_MUST_USE enum mst_err mst_ticker_start(struct mst_ticker *ticker);
/* What the thread does over and over, for who has started none: one turn. *ret_wait_ms: until the next,
   unless a row of DUE changes; 0 at once. What fails while other things that are due do not is put off
   for a while; after an error what was due still is. */
MST_MUST_USE enum mst_err mst_ticker_turn(struct mst_ticker *ticker, uint64_t *ret_wait_ms);
/* A description was changed, which is durable. From any thread. arg is the ticker. */
void mst_ticker_kick(void *arg);
/* Ends the thread after the running turn; nothing happens by itself any more. NULL is nothing. */
void mst_ticker_stop(struct mst_ticker *ticker);
/* When the store is closed. NULL is nothing. */
void mst_ticker_free(struct mst_ticker *ticker);

#endif
