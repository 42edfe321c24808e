/*
 * datagram.h - a port that takes UDP datagrams, and never answers.
 */
#ifndef MST_NET_DATAGRAM_H
#define MST_NET_DATAGRAM_H

#include "net/addr.h"
#include "net/loop.h"

struct mst_datagrams;

/*
 * received is called on the loop's thread for each datagram, some per turn of the loop; bytes live
 * until the call returns. The kernel drops what the loop is too slow for. addr: port 0 is any free
 * one. MST_EBUSY if the address is taken, MST_ESYS (errno says why).
 */
MST_MUST_USE enum mst_err
mst_datagrams_open(struct mst_loop *loop, const struct mst_addr *addr,
                   void (*received)(void *arg, const struct mst_addr *from, struct mst_span bytes),
                   void *arg, struct mst_datagrams **ret_datagrams);
const struct mst_addr *
mst_datagrams_addr(const struct mst_datagrams *datagrams); /* port filled in */
/* received is not called any more. Also closed, if it is not yet, when the loop ends. */
void mst_datagrams_close(struct mst_datagrams *datagrams);

#endif
