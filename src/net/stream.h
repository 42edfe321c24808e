/*
 * stream.h - a connected byte stream, plain or TLS, and the listeners that
 * accept them. TLS (GnuTLS) and the PROXY protocol are done in here; the user
 * sees plain bytes and the true peer.
 */
#ifndef MST_NET_STREAM_H
#define MST_NET_STREAM_H

#include "net/loop.h"
#include "net/addr.h"

struct mst_stream;
struct mst_tls; /* tls.h */

/*
 * What the user of a stream supplies. All are called on the loop's thread.
 * After closed no call follows, and the stream is gone.
 */
struct mst_stream_user {
    /* Bytes arrived; they live until the call returns. Not called while paused. */
    void (*received)(void *arg, struct mst_span bytes);
    /* The peer ended its sending side; we may still send. All its bytes were received before; but
       if none came during a pause, this call may. At most once. */
    void (*ended)(void *arg);
    /* All that was written is with the kernel (called only if something had to wait, or after
       mst_stream_ask_drained). */
    void (*drained)(void *arg);
    /* The stream is closed, by either side or by an error. Free your part now. */
    void (*closed)(void *arg);
};

/* Sets who is called; must be done inside the accept call. Within a call of one user the stream may be
   handed over to another. */
void mst_stream_set_user(struct mst_stream *stream, const struct mst_stream_user *user, void *arg);

/*
 * Sends bytes: one write call and, under TLS, one record where they fit. What the
 * kernel does not take at once is copied and sent later; bytes need not outlive
 * the call. Beyond max_unsent_bytes (listener option) the stream is closed.
 * MST_ECLOSED if it is closing.
 */
enum mst_err mst_stream_send(struct mst_stream *stream, struct mst_span bytes);
/* How much is waiting to be taken by the kernel. */
size_t mst_stream_unsent(const struct mst_stream *stream);
/* Has drained called when the kernel can take more, at the earliest in the loop's next turn: for
   sending piece by piece with all streams getting theirs. */
void mst_stream_ask_drained(struct mst_stream *stream);
/* How many bytes of this stream the peer's side has acknowledged, TLS and all. It only grows. */
uint64_t mst_stream_taken(const struct mst_stream *stream);
void mst_stream_pause(struct mst_stream *stream);  /* stop reading */
void mst_stream_resume(struct mst_stream *stream); /* read again */
/* Sends what is waiting, then ends our sending side, reads and drops what still comes for at
   most linger_ms so that the peer is not cut off by a reset, then closes. Only closed is called
   after this. A peer that takes nothing for 30 s is closed; a tighter bound on what is waiting is
   the user's to set (mst_stream_close). */
void mst_stream_finish(struct mst_stream *stream, uint64_t linger_ms);
/* Closes now. closed is called later from the loop, not from inside this call. */
void mst_stream_close(struct mst_stream *stream);
struct mst_loop *mst_stream_loop(const struct mst_stream *stream);
/* The peer's address: the one the PROXY header named if there was one. Lives with the stream. */
const struct mst_addr *mst_stream_peer(const struct mst_stream *stream);
/* The local address the connection arrived on (for /ip). */
const struct mst_addr *mst_stream_local(const struct mst_stream *stream);
/* Is the directly connected peer in the trusted list (and so believed in X-Forwarded-For)? */
bool mst_stream_is_trusted(const struct mst_stream *stream);
bool mst_stream_is_tls(const struct mst_stream *stream);

struct mst_listener;

struct mst_listener_opts {
    struct mst_addr addr; /* port 0: any free one */
    bool is_shared;       /* SO_REUSEPORT: further loops bind the same address */
    int backlog;
    struct mst_tls *tls;                /* NULL = plain; must outlive listener and streams */
    const struct mst_addr_set *trusted; /* may send a PROXY header (v1, v2); NULL = nobody. From
                                           these, accepted waits for the first bytes */
    uint64_t handshake_ms;              /* absolute deadline for PROXY header and TLS handshake */
    size_t max_unsent_bytes;
    size_t max_streams; /* beyond it a new connection is closed at once */
    unsigned label;     /* what its connections are counted as: enum mst_label_LISTENER */
};

/* accepted is called for each connection that is ready for plain bytes (after PROXY header and
   TLS handshake); it returns false to refuse it, and no call follows. MST_EBUSY if the address is
   taken, MST_ESYS (errno says why). */
MST_MUST_USE enum mst_err mst_listener_open(struct mst_loop *loop,
                                            const struct mst_listener_opts *opts,
                                            bool (*accepted)(void *arg, struct mst_stream *stream),
                                            void *arg, struct mst_listener **ret_listener);
const struct mst_addr *mst_listener_addr(const struct mst_listener *listener); /* port filled in */
/* Streams live on; those that were not accepted yet are closed. */
void mst_listener_close(struct mst_listener *listener);

#endif
