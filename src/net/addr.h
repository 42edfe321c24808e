/* addr.h - addresses as values, without system types in sight. */
#ifndef MST_NET_ADDR_H
#define MST_NET_ADDR_H

#include "base/buf.h"

struct mst_addr {
    uint8_t ip[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint16_t port;
    bool is_v6;
};

enum { MST_ADDR_CHARS = 64 };

/* From 4 or 16 bytes in network order. A mapped IPv6 address becomes IPv4. */
void mst_addr_from_ip4(const void *ip4, uint16_t port, struct mst_addr *ret_addr);
void mst_addr_from_ip6(const void *ip6, uint16_t port, struct mst_addr *ret_addr);

/* "127.0.0.1:80", "[::1]:80". Port 0..65535. Names are not resolved. MST_ESYNTAX. */
MST_MUST_USE enum mst_err mst_addr_parse(struct mst_span text, struct mst_addr *ret_addr);
/* Without a port: "127.0.0.1", "::1". */
MST_MUST_USE enum mst_err mst_addr_parse_ip(struct mst_span text, struct mst_addr *ret_addr);
/* NUL terminated, the address alone. */
void mst_addr_print_ip(const struct mst_addr *addr, char ret_text[MST_ADDR_CHARS]);
/* NUL terminated, with the port, in the form mst_addr_parse takes. */
void mst_addr_print(const struct mst_addr *addr, char ret_text[MST_ADDR_CHARS]);

/* A set of networks. */
enum { MST_ADDR_SET_MAX = 64 };

struct mst_addr_set {
    struct {
        uint8_t ip[16];
        unsigned bits; /* of 128 */
    } nets[MST_ADDR_SET_MAX];
    size_t n_nets;
};

/* Comma or space separated "10.0.0.0/8, ::1". MST_ESYNTAX, MST_EFULL; *ret_set is then unchanged. */
MST_MUST_USE enum mst_err mst_addr_set_parse(struct mst_span text, struct mst_addr_set *ret_set);
bool mst_addr_set_has(const struct mst_addr_set *set, const struct mst_addr *addr);

#endif
