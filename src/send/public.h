/* public.h - which addresses are somebody's on the internet, and which lie in a network of one's own. */
#ifndef MST_SEND_PUBLIC_H
#define MST_SEND_PUBLIC_H

#include <stdbool.h>

struct sockaddr;

/*
 * Not public: loopback, private, shared, link-local, multicast, unspecified, broadcast, documentation
 * and benchmark networks (RFC 6890 and its registries), IPv6 addresses outside 2000::/3 and those that
 * stand for such an IPv4 address (mapped, NAT64, 6to4, Teredo), every other family.
 */
bool mst_public_is(const struct sockaddr *addr);

/*
 * Is it an address of this machine, perhaps one on the internet? What goes there passes no firewall, and so reaches
 * what is meant for nobody outside. The kernel is asked whether it would send from there: nothing is sent.
 */
bool mst_public_is_own(const struct sockaddr *addr);

#endif
