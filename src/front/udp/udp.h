/*
 * udp.h - values in datagrams (protocol.md 3.2). Nobody is answered; what is dropped is counted
 * (muster_udp_datagrams_total).
 */
#ifndef MST_FRONT_UDP_UDP_H
#define MST_FRONT_UDP_UDP_H

#include "core/domain.h"
#include "net/addr.h"
#include "net/loop.h"

struct mst_udp_opts {
    const struct mst_domain *domain;
    struct mst_store *store;
    unsigned per_s;            /* datagrams of one source, in the long run: rate.h */
    bool is_bad_value_skipped; /* setting alias_skip_bad_values (A19) */
};

struct mst_udp;

/* On the loop's thread or before it runs. What opts points to must outlive it. */
MST_MUST_USE enum mst_err mst_udp_new(struct mst_loop *loop, const struct mst_udp_opts *opts,
                                      struct mst_udp **ret_udp);
/* The received call of a port for datagrams; arg is the struct mst_udp. */
void mst_udp_received(void *udp, const struct mst_addr *from, struct mst_span bytes);
/* No datagram comes any more; idle is called on the loop's thread when none is with the store. Once. */
void mst_udp_drain(struct mst_udp *udp, void (*idle)(void *arg), void *arg);
/* None may be with the store. NULL is fine. */
void mst_udp_free(struct mst_udp *udp);

#endif
