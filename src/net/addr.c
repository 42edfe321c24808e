#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "net/addr.h"

enum { MAPPED_BYTES = 12, MAPPED_BITS = 96, ALL_BITS = 128 };

static const uint8_t mapped[MAPPED_BYTES] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const uint8_t ip[16])
{
    return memcmp(ip, mapped, MAPPED_BYTES) == 0;
}

void mst_addr_from_ip4(const void *ip4, uint16_t port, struct mst_addr *ret_addr)
{
    memcpy(ret_addr->ip, mapped, MAPPED_BYTES);
    memcpy(&ret_addr->ip[MAPPED_BYTES], ip4, 4);
    ret_addr->port = port;
    ret_addr->is_v6 = false;
}

void mst_addr_from_ip6(const void *ip6, uint16_t port, struct mst_addr *ret_addr)
{
    memcpy(ret_addr->ip, ip6, sizeof ret_addr->ip);
    ret_addr->port = port;
    ret_addr->is_v6 = !is_mapped(ret_addr->ip);
}

enum mst_err mst_addr_parse_ip(struct mst_span text, struct mst_addr *ret_addr)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t ip[16];

    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len))
        return MST_ESYNTAX;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, ip) == 1)
        mst_addr_from_ip4(ip, 0, ret_addr);
    else if (inet_pton(AF_INET6, copy, ip) == 1)
        mst_addr_from_ip6(ip, 0, ret_addr);
    else
        return MST_ESYNTAX;
    return MST_OK;
}

enum mst_err mst_addr_parse(struct mst_span text, struct mst_addr *ret_addr)
{
    struct mst_cur cur = mst_cur_of(text);
    struct mst_addr addr;
    struct mst_span ip;
    uint64_t port;
    bool is_bracketed = text.len > 0 && text.ptr[0] == '[';
    char c;

    if (is_bracketed) {
        (void)mst_cur_skip(&cur, 1);
        if (!mst_cur_until(&cur, ']', &ip) || !mst_cur_byte(&cur, &c) || c != ':')
            return MST_ESYNTAX;
    } else if (!mst_cur_until(&cur, ':', &ip)) {
        return MST_ESYNTAX;
    }
    if (mst_cur_left(&cur) > 5 || mst_span_u64(mst_cur_rest(&cur), UINT16_MAX, &port) != MST_OK)
        return MST_ESYNTAX;
    /* Brackets are for IPv6 text; a mapped address in them still counts as IPv4. */
    if (is_bracketed != (mst_span_find(ip, ':', 0) < ip.len) ||
        mst_addr_parse_ip(ip, &addr) != MST_OK)
        return MST_ESYNTAX;
    addr.port = (uint16_t)port;
    *ret_addr = addr;
    return MST_OK;
}

void mst_addr_print_ip(const struct mst_addr *addr, char ret_text[MST_ADDR_CHARS])
{
    const char *text = addr->is_v6
                           ? inet_ntop(AF_INET6, addr->ip, ret_text, MST_ADDR_CHARS)
                           : inet_ntop(AF_INET, &addr->ip[MAPPED_BYTES], ret_text, MST_ADDR_CHARS);

    assert(text);
}

void mst_addr_print(const struct mst_addr *addr, char ret_text[MST_ADDR_CHARS])
{
    char ip[MST_ADDR_CHARS];

    mst_addr_print_ip(addr, ip);
    /* 45 characters of address, brackets, colon and port fit. */
    (void)snprintf(ret_text, MST_ADDR_CHARS, addr->is_v6 ? "[%.45s]:%u" : "%.45s:%u", ip,
                   (unsigned)addr->port);
}

static enum mst_err parse_net(struct mst_span text, uint8_t ret_ip[16], unsigned *ret_bits)
{
    size_t slash = mst_span_find(text, '/', 0);
    struct mst_addr addr;
    uint64_t bits;
    unsigned family_bits;

    if (mst_addr_parse_ip(mst_span_cut(text, 0, slash), &addr) != MST_OK)
        return MST_ESYNTAX;
    family_bits = addr.is_v6 ? ALL_BITS : ALL_BITS - MAPPED_BITS;
    bits = family_bits;
    if (slash < text.len &&
        mst_span_u64(mst_span_cut(text, slash + 1, text.len), family_bits, &bits) != MST_OK)
        return MST_ESYNTAX;
    memcpy(ret_ip, addr.ip, sizeof addr.ip);
    *ret_bits = (unsigned)bits + (ALL_BITS - family_bits);
    return MST_OK;
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n';
}

enum mst_err mst_addr_set_parse(struct mst_span text, struct mst_addr_set *ret_set)
{
    struct mst_addr_set set = {.n_nets = 0};

    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        while (at < text.len && !is_separator(text.ptr[at]))
            at++;
        if (at == from) {
            at++;
            continue;
        }
        if (set.n_nets == MST_ADDR_SET_MAX)
            return MST_EFULL;
        if (parse_net(mst_span_cut(text, from, at), set.nets[set.n_nets].ip,
                      &set.nets[set.n_nets].bits) != MST_OK)
            return MST_ESYNTAX;
        set.n_nets++;
    }
    *ret_set = set;
    return MST_OK;
}

static bool is_in_net(const uint8_t ip[16], const uint8_t net[16], unsigned bits)
{
    size_t whole = bits / 8;
    unsigned mask = 0xff00u >> (bits % 8);

    if (memcmp(ip, net, whole) != 0)
        return false;
    return bits % 8 == 0 || ((ip[whole] ^ net[whole]) & mask & 0xff) == 0;
}

bool mst_addr_set_has(const struct mst_addr_set *set, const struct mst_addr *addr)
{
    for (size_t i = 0; i < set->n_nets; i++) {
        /* ::/0 must not cover the mapped form in which IPv4 addresses are kept. */
        if (!addr->is_v6 && (set->nets[i].bits < MAPPED_BITS || !is_mapped(set->nets[i].ip)))
            continue;
        if (is_in_net(addr->ip, set->nets[i].ip, set->nets[i].bits))
            return true;
    }
    return false;
}
