/*
 * patience.h - how long a connection waits for its peer: one timer, which has one meaning at a time.
 *
 * A deadline is absolute: bytes that trickle in do not move it. What goes in pieces has a pace instead (pace.h),
 * which does not run while it is our turn. What a peer takes of a reply nobody tells, so the stream is looked at
 * now and then.
 */
#ifndef MST_FRONT_HTTP_PATIENCE_H
#define MST_FRONT_HTTP_PATIENCE_H

#include "front/http/pace.h"
#include "net/stream.h"

struct mst_patience {
    struct mst_timer *timer;
    struct mst_pace pace;
    uint64_t n_taken; /* of the stream, at the last look */
    bool is_paced;
};

/* The timer will call fired(arg). MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_patience_init(struct mst_patience *patience, struct mst_loop *loop,
                                            void (*fired)(void *arg), void *arg);
void mst_patience_fini(struct mst_patience *patience);

/* The peer has after_ms, whatever it does; 0 = it is out at once. */
void mst_patience_set_deadline(struct mst_patience *patience, uint64_t after_ms);
/* The timer does not fire. */
void mst_patience_clear(struct mst_patience *patience);

/* Something in pieces begins, and it is our turn. patience_ms: of pace.h. taker: the stream that is to be sent a reply;
   NULL: it is a body that comes. */
void mst_patience_begin_pace(struct mst_patience *patience, uint64_t patience_ms,
                             const struct mst_stream *taker);
/* It is over, and it is still our turn. */
void mst_patience_end_pace(struct mst_patience *patience);
/* The peer's turn: to send a piece. */
void mst_patience_await_sending(struct mst_patience *patience);
/* n bytes of a piece came. Nothing without a pace. */
void mst_patience_came(struct mst_patience *patience, uint64_t n);
/* The peer's turn: to take a piece of a reply. */
void mst_patience_await_taking(struct mst_patience *patience);
/* The timer fired in the peer's turn: is patience at its end? If not, the timer is set again. taker: whose reply is being
   taken; NULL: the peer is to send. */
bool mst_patience_is_over(struct mst_patience *patience, const struct mst_stream *taker);

#endif
