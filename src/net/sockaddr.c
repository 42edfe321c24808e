#include <arpa/inet.h>
#include <string.h>

#include "net/sockaddr.h"

struct mst_addr mst_addr_of_sockaddr(const union mst_sockaddr *sa)
{
    struct mst_addr addr = {.port = 0};

    if (sa->any.sa_family == AF_INET)
        mst_addr_from_ip4(&sa->v4.sin_addr, ntohs(sa->v4.sin_port), &addr);
    else if (sa->any.sa_family == AF_INET6)
        mst_addr_from_ip6(&sa->v6.sin6_addr, ntohs(sa->v6.sin6_port), &addr);
    return addr;
}

socklen_t mst_addr_to_sockaddr(const struct mst_addr *addr, union mst_sockaddr *ret_sa)
{
    *ret_sa = (union mst_sockaddr){0};
    if (addr->is_v6) {
        ret_sa->v6.sin6_family = AF_INET6;
        ret_sa->v6.sin6_port = htons(addr->port);
        memcpy(&ret_sa->v6.sin6_addr, addr->ip, 16);
        return sizeof ret_sa->v6;
    }
    ret_sa->v4.sin_family = AF_INET;
    ret_sa->v4.sin_port = htons(addr->port);
    memcpy(&ret_sa->v4.sin_addr, &addr->ip[12], 4);
    return sizeof ret_sa->v4;
}

struct mst_addr mst_addr_of_socket(int fd)
{
    union mst_sockaddr sa = {0};
    socklen_t len = sizeof sa;

    (void)getsockname(fd, &sa.any, &len);
    return mst_addr_of_sockaddr(&sa);
}
