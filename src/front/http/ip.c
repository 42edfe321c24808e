/* GET /ip (protocol.md 2.14): where a device without DNS finds this server again. */
#include "front/http/handlers.h"

static bool is_set(const struct mst_addr *addr)
{
    return addr->ip[12] != 0 || addr->ip[13] != 0 || addr->ip[14] != 0 || addr->ip[15] != 0;
}

/* Six bytes in decimal hold no IPv6 address: whoever came by one, and could be told of no other, gets 404. */
enum mst_err mst_ip_get(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_addr *advertised = &x->env->opts->advertised;
    struct mst_addr addr = x->local;

    (void)tx;
    if (is_set(advertised)) {
        addr = *advertised;
        addr.port = addr.port != 0 ? addr.port : x->local.port;
    }
    if (addr.is_v6)
        return mst_exchange_refuse_with(x, 404);
    for (size_t i = sizeof addr.ip - 4; i < sizeof addr.ip; i++)
        (void)mst_buf_addf(&x->reply, "%u,", addr.ip[i]);
    (void)mst_buf_addf(&x->reply, "%u,%u", addr.port >> 8, addr.port & 255u);
    return mst_exchange_answer(x, 200, MST_TYPE_TEXT);
}
