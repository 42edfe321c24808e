/*
 * proxy.h - the PROXY protocol header, versions 1 (text) and 2 (binary), that a
 * load balancer puts before the bytes of its client
 * (https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt). Of this room.
 */
#ifndef MST_NET_PROXY_H
#define MST_NET_PROXY_H

#include "net/addr.h"

/* A version 2 header with its extensions; real ones stay below 600 bytes. */
enum { MST_PROXY_HEADER_MAX = 4096 };

struct mst_proxy {
    size_t len;          /* bytes of the header; what the client sent begins there */
    bool is_named;       /* false: LOCAL or UNKNOWN, the connection's own address holds */
    struct mst_addr src; /* the client, if is_named */
};

/*
 * Looks at the first bytes of a connection. MST_OK: a whole header. MST_EMORE: it may become
 * one, ask again with more. MST_ENOENT: not a PROXY header, the bytes are the client's own.
 * MST_ESYNTAX: it begins like one but breaks the rules; the connection cannot be trusted.
 */
MST_MUST_USE enum mst_err mst_proxy_parse(struct mst_span bytes, struct mst_proxy *ret_proxy);

#endif
