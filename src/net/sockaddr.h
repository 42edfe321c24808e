/* sockaddr.h - addresses as the kernel has them; for this room alone. */
#ifndef MST_NET_SOCKADDR_H
#define MST_NET_SOCKADDR_H

#include <netinet/in.h>

#include "net/addr.h"

union mst_sockaddr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct mst_addr mst_addr_of_sockaddr(const union mst_sockaddr *sa);
/* Its length. */
socklen_t mst_addr_to_sockaddr(const struct mst_addr *addr, union mst_sockaddr *ret_sa);
/* The address of this end: getsockname. */
struct mst_addr mst_addr_of_socket(int fd);

#endif
