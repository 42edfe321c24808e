/*
 * Both versions are recognised by their first bytes, which no HTTP request and no
 * TLS hello begins with: "PROXY " or the 12 byte signature of version 2. As long as
 * what has come is a prefix of one of them the answer is "more"; once it is whole,
 * anything against the grammar is an error and never guessed at, because the bytes
 * decide who the client is.
 */
#include <string.h>

#include "net/proxy.h"

static const struct mst_span v1_start = {"PROXY ", 6};
static const struct mst_span v2_start = {"\r\n\r\n\0\r\nQUIT\n", 12};

enum { V1_LINE_MAX = 107 }; /* with CR LF, as the specification promises */

enum { V2_COMMAND_LOCAL = 0x20, V2_COMMAND_PROXY = 0x21 };

/* The address blocks of version 2: two addresses and two ports. */
static const struct {
    unsigned char family; /* transport in the low half */
    size_t len;
} v2_blocks[] = {
    {0x11, 12}, /* TCP over IPv4 */
    {0x21, 36}, /* TCP over IPv6 */
};

static bool is_prefix_of(struct mst_span bytes, struct mst_span whole)
{
    return bytes.len < whole.len && mst_span_starts(whole, bytes);
}

/* A port as version 1 writes it: decimal, no leading zero but "0" itself. */
static enum mst_err parse_v1_port(struct mst_span text, uint16_t *ret_port)
{
    uint64_t port;

    if (text.len > 5 || (text.len > 1 && text.ptr[0] == '0') ||
        mst_span_u64(text, UINT16_MAX, &port) != MST_OK)
        return MST_ESYNTAX;
    *ret_port = (uint16_t)port;
    return MST_OK;
}

/* "TCP4 <src> <dst> <sport> <dport>", or "UNKNOWN" and anything. */
static enum mst_err parse_v1_fields(struct mst_span line, struct mst_proxy *proxy)
{
    struct mst_cur cur = mst_cur_of(line);
    struct mst_span family, src, dst, src_port;
    struct mst_addr dst_addr;
    bool is_v6;

    if (mst_span_eq(line, MST_LIT("UNKNOWN")) || mst_span_starts(line, MST_LIT("UNKNOWN ")))
        return MST_OK;
    if (!mst_cur_until(&cur, ' ', &family) || !mst_cur_until(&cur, ' ', &src) ||
        !mst_cur_until(&cur, ' ', &dst) || !mst_cur_until(&cur, ' ', &src_port))
        return MST_ESYNTAX;
    is_v6 = mst_span_eq(family, MST_LIT("TCP6"));
    if (!is_v6 && !mst_span_eq(family, MST_LIT("TCP4")))
        return MST_ESYNTAX;
    if (mst_addr_parse_ip(src, &proxy->src) != MST_OK ||
        mst_addr_parse_ip(dst, &dst_addr) != MST_OK ||
        (mst_span_find(src, ':', 0) < src.len) != is_v6 ||
        (mst_span_find(dst, ':', 0) < dst.len) != is_v6)
        return MST_ESYNTAX;
    if (parse_v1_port(mst_cur_rest(&cur), &dst_addr.port) != MST_OK ||
        parse_v1_port(src_port, &proxy->src.port) != MST_OK)
        return MST_ESYNTAX;
    proxy->is_named = true;
    return MST_OK;
}

static enum mst_err parse_v1(struct mst_span bytes, struct mst_proxy *proxy)
{
    size_t lf = mst_span_find(bytes, '\n', 0);

    if (lf == bytes.len)
        return bytes.len < V1_LINE_MAX ? MST_EMORE : MST_ESYNTAX;
    if (lf >= V1_LINE_MAX || bytes.ptr[lf - 1] != '\r')
        return MST_ESYNTAX;
    proxy->len = lf + 1;
    return parse_v1_fields(mst_span_cut(bytes, v1_start.len, lf - 1), proxy);
}

static uint16_t be16(struct mst_span bytes, size_t at)
{
    return (uint16_t)((unsigned char)bytes.ptr[at] << 8 | (unsigned char)bytes.ptr[at + 1]);
}

static enum mst_err parse_v2_block(unsigned char family, struct mst_span block,
                                   struct mst_proxy *proxy)
{
    for (size_t i = 0; i < sizeof v2_blocks / sizeof v2_blocks[0]; i++) {
        if (v2_blocks[i].family != family)
            continue;
        if (block.len < v2_blocks[i].len)
            return MST_ESYNTAX;
        if (family == 0x11)
            mst_addr_from_ip4(block.ptr, be16(block, 8), &proxy->src);
        else
            mst_addr_from_ip6(block.ptr, be16(block, 32), &proxy->src);
        proxy->is_named = true;
        return MST_OK;
    }
    /* UNSPEC: no address is given. Datagrams and Unix sockets cannot stand before a TCP stream. */
    return family == 0x00 ? MST_OK : MST_ESYNTAX;
}

static enum mst_err parse_v2(struct mst_span bytes, struct mst_proxy *proxy)
{
    struct mst_cur cur = mst_cur_of(bytes);
    struct mst_span fixed, block;
    unsigned char command, family;

    if (!mst_cur_skip(&cur, v2_start.len) || !mst_cur_take(&cur, 4, &fixed))
        return MST_EMORE;
    command = (unsigned char)fixed.ptr[0];
    family = (unsigned char)fixed.ptr[1];
    if (command != V2_COMMAND_LOCAL && command != V2_COMMAND_PROXY)
        return MST_ESYNTAX;
    if (v2_start.len + fixed.len + be16(fixed, 2) > MST_PROXY_HEADER_MAX)
        return MST_ESYNTAX;
    if (!mst_cur_take(&cur, be16(fixed, 2), &block))
        return MST_EMORE;
    proxy->len = cur.pos;
    return command == V2_COMMAND_LOCAL ? MST_OK : parse_v2_block(family, block, proxy);
}

enum mst_err mst_proxy_parse(struct mst_span bytes, struct mst_proxy *ret_proxy)
{
    struct mst_proxy proxy = {0};
    enum mst_err err;

    if (is_prefix_of(bytes, v1_start) || is_prefix_of(bytes, v2_start))
        return MST_EMORE;
    if (mst_span_starts(bytes, v1_start))
        err = parse_v1(bytes, &proxy);
    else if (mst_span_starts(bytes, v2_start))
        err = parse_v2(bytes, &proxy);
    else
        err = MST_ENOENT;
    if (err == MST_OK)
        *ret_proxy = proxy;
    return err;
}
