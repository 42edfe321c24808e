/*
 * udp.h - the ports that take values in datagrams (setting udp). All are on one loop, so that one
 * count bounds what a source may send.
 */
#ifndef MST_SERVER_UDP_H
#define MST_SERVER_UDP_H

#include "front/udp/udp.h"
#include "server/settings.h"

struct mst_udp_ports;

/* settings, store and domain must outlive it. Without addresses it is NULL, which is fine below. On an
   error *why has a line. */
MST_MUST_USE enum mst_err mst_udp_ports_open(const struct mst_settings *settings,
                                             struct mst_loop *loop, struct mst_store *store,
                                             const struct mst_domain *domain,
                                             struct mst_udp_ports **ret_ports, struct mst_buf *why);
/* " udp=ADDR:PORT" for each address. */
void mst_udp_ports_print_ready(const struct mst_udp_ports *ports, struct mst_buf *out);
/* Closes the ports; idle is called, on the loop's thread as this, when no datagram is with the store. */
void mst_udp_ports_drain(struct mst_udp_ports *ports, void (*idle)(void *arg), void *arg);
/* After the loop ended or before it ran; no datagram may be with the store. */
void mst_udp_ports_free(struct mst_udp_ports *ports);

#endif
