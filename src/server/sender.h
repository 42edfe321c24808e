/*
 * sender.h - sends the messages of dispatches (protocol.md 2.15.5; docs/processing.md), on a thread of
 * its own that sleeps until one is due.
 *
 * A message is durable in the queue of its dispatch (core/dispatch.h) and leaves it in the same
 * command that stores how it ended, as the dispatch's value. So each is sent at least once: one that
 * was under way when the process ended is sent again, with the same Idempotency-Key or Message-ID.
 */
#ifndef MST_SERVER_SENDER_H
#define MST_SERVER_SENDER_H

#include "core/domain.h"
#include "server/settings.h"

struct mst_sender;

/* Before the first command is submitted: it observes the store. All three must outlive it. A line of
   *why says what is wrong. */
MST_MUST_USE enum mst_err mst_sender_open(struct mst_store *store, const struct mst_domain *domain,
                                          const struct mst_settings *settings,
                                          struct mst_sender **ret_sender, struct mst_buf *why);
/* When the domain is whole. */
MST_MUST_USE enum mst_err mst_sender_start(struct mst_sender *sender);
/* What the thread does over and over, for who has started none: what is due is begun, what ended is
   stored, and the network goes on, waited for no longer than max_wait_ms. */
void mst_sender_turn(struct mst_sender *sender, int max_wait_ms);
/* Nothing new is sent; what is under way gets a moment to end. NULL is nothing, as is one that was
   never started. */
void mst_sender_stop(struct mst_sender *sender);
/* After the store was closed. NULL is nothing. */
void mst_sender_free(struct mst_sender *sender);

#endif
